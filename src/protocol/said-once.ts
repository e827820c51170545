/**
 * What a connector says of its failure, without the name and, where we say so too, the "write failed" that our own
 * message begins with: a connector that Sluice serves begins with them itself.
 */
export function saidOnce(words: string, connector: string, command?: string): string {
  const beginning = new RegExp(`^(?:[\\w.@/-]+: )?${command} failed(?:: *|(?= \\()|$)`, 'i');
  let rest = words;
  for (;;) {
    const nameless = rest.startsWith(`${connector}: `) ? rest.slice(connector.length + 2) : rest;
    const shorter = (command === undefined ? nameless : nameless.replace(beginning, '')).trim();
    if (shorter === rest) return rest;
    rest = shorter;
  }
}
