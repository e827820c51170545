import type { Sql } from './sql.ts';

/** Whether a text has nothing to run in it: spaces, semicolons and comments only. */
export function isNoStatement(text: string): boolean {
  const nothing = /[\s;]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
  while (nothing.lastIndex < text.length) if (!nothing.test(text)) return false;
  return true;
}

/** The same of a statement whose values and names are apart. */
export function isEmptySql({ parts }: Sql): boolean {
  return parts.every((part) => 'text' in part) && isNoStatement(parts.map(textOf).join(''));
}

function textOf(part: Sql['parts'][number]): string {
  return 'text' in part ? part.text : '';
}
