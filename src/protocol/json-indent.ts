/** JSON with two spaces a level, every token left as it is spelled; ends with a newline. */
export function indented(json: string): string {
  let depth = 0;
  let out = '';
  for (const [token] of json.matchAll(tokens)) {
    const isEmpty = token === '{}' || token === '[]';
    if (!isEmpty && (token === '{' || token === '[')) {
      depth += 1;
      out += token + newline(depth);
    } else if (token === '}' || token === ']') {
      depth -= 1;
      out += newline(depth) + token;
    } else if (token === ',') out += token + newline(depth);
    else out += token === ':' ? ': ' : token;
  }
  return `${out}\n`;
}

const tokens = /"(?:[^"\\]+|\\.)*"|\{\}|\[\]|[{}[\],:]|[^"{}[\],:]+/gs;

function newline(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}
