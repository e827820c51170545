/** Whether a command has one connector, whose options `--option` gives, or a source and a destination. */
export type Ends = 'one' | 'two';

/**
 * A text of the library as the command line says it: the library speaks of functions and options, where here there are
 * arguments and flags. `about`, such as the error's message, tells which of two ends is meant.
 */
export function inFlags(text: string, ends: Ends, about: string): string {
  const said = sayings.reduce((before, [words, instead]) => before.replaceAll(words, instead), text);
  return said.replaceAll('{flag}', optionFlag(ends, about)).trim();
}

function optionFlag(ends: Ends, about: string): string {
  if (ends === 'one') return '--option';
  const [, end] = /\b(source|destination)\b/.exec(about) ?? [];
  return end === undefined ? '--source-option or --destination-option' : `--${end}-option`;
}

/** What the library says, and what to say for it; the longer comes before what is a part of it. */
const sayings: readonly (readonly [string | RegExp, string])[] = [
  ['Call `install()`, or leave `installIfMissing` on.', 'Leave out installIfMissing=false to install it.'],
  [
    'For a program give its path as localExecutable, for a file of TypeScript use loadConnector.',
    'Give a program by its path, such as ./my-source, and what a file of TypeScript exports as ./file.ts#export.',
  ],
  [
    /If it is on PyPI as (\S+), say usePython: true; another package: pipUrl; an image: dockerImage; a program of yours: localExecutable\./g,
    'If it is on PyPI: pip:$1, or another package; an image: docker:IMAGE; a program of yours: ./PATH.',
  ],
  [
    'See the lines of the installer in the context; nothing of it was kept.',
    'Above are the last lines of the installer; nothing of it was kept.',
  ],
  [
    'say manifest: { customComponents: true } for the components.py beside it, or the path of its file.',
    'say {flag} manifest.customComponents=true for the components.py beside it, or the path of its file.',
  ],
  [/`?\b(docker|manifest): \{ (\w+): "([^"]+)" \}`?/g, '{flag} $1.$2=$3'],
  ['`docker: { memory }`', '{flag} docker.memory=AMOUNT'],
  ['`docker: { platform }`', '{flag} docker.platform=PLATFORM'],
  ['leave `pull: "never"` out', 'leave {flag} docker.pull=never out'],
  ['is named by `include`', 'is named by --include'],
  ['a program (localExecutable)', 'a program (./my-source)'],
  ['a Python package (usePython or pipUrl)', 'a Python package (pip:PACKAGE)'],
  ['a Python package (usePython: true)', 'a Python package (pip:PACKAGE)'],
  ['Write the version into pipUrl: "package==1.2.3".', 'Write the version there: pip:package==1.2.3.'],
  ['a range belongs into `pipUrl`', 'a range is written pip:PACKAGE>=1.2'],
  [
    /Set one with setPrimaryKey\(.*?\), or choose append or replace\./g,
    'Choose --strategy append or replace.',
  ],
  [
    /raise timeouts\.(\w+) \(milliseconds\) of the (?:source|destination)/g,
    'raise {flag} timeouts.$1=MILLISECONDS',
  ],
  [
    'Raise the limit in the `timeouts` option',
    'Raise its limit, such as {flag} timeouts.commandMs=MILLISECONDS,',
  ],
  [/`timeouts: \{ (\w+) \}`/g, '{flag} timeouts.$1=MILLISECONDS'],
  [/`timeouts\.(\w+)`/g, '{flag} timeouts.$1=MILLISECONDS'],
  [/\b(usePython|localExecutable|dockerImage|sourceManifest): (\w+)/g, '{flag} $1=$2'],
  [/\b(dockerImage|pipUrl): "([^"]+)"/g, '{flag} $1=$2'],
  ['with acceptBreaking: true', 'with --accept-breaking'],
  ['getAvailableConnectors() lists what is there.', 'sluice connectors lists what is there.'],
  [
    'Leave out one of the two: asking anew, or being offline (also SLUICE_OFFLINE).',
    'Leave out --refresh, or --offline and SLUICE_OFFLINE.',
  ],
  [/, or give (?:a longer )?lockTimeoutMs(?: to wait for it)?/g, ''],
  [
    'Read them into caches with different table prefixes.',
    'Read them one by one with --streams, each into a cache of its own.',
  ],
  ['or give the cache a tablePrefix or another schemaName', 'or read into another cache'],
  ['Give the cache a tablePrefix or another schemaName', 'Read into another cache'],
  ['Give the cache a tablePrefix for one of the two.', 'Read one of the two into another cache.'],
  ['go on as connection ', 'go on by --connection '],
  [/Use get(?:Source|Destination)\./g, ''],
];
