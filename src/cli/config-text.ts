import { InputError } from '../errors.ts';

export type ConfigFormat = 'json' | 'toml' | 'unknown';

/** Reads JSON or TOML of any usual encoding. `what` names it in errors, which never quote what is written there. */
export async function parseConfigText(
  content: string | Uint8Array,
  format: ConfigFormat,
  what: string,
): Promise<Readonly<Record<string, unknown>>> {
  const text = typeof content === 'string' ? content : decode(content, what);
  if (text.trim() === '') {
    throw new InputError(`${what} is empty`, { guidance: 'A connector without settings takes {}.' });
  }
  const value = await parsed(text, format, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${what} must be an object of settings, not ${kindOf(value)}`);
  }
  return Object.fromEntries(Object.entries(value));
}

async function parsed(text: string, format: ConfigFormat, what: string): Promise<unknown> {
  const start = text.trimStart().charAt(0);
  if (format === 'json' || (format === 'unknown' && start === '{')) return parseJson(text, what);
  if (format === 'toml' || start !== '[') return parseToml(text, what);
  // A list, or the name of a table: `[1]` can be both.
  return parseJson(text, what).catch(() => parseToml(text, what));
}

/** UTF-8 with or without a byte order mark, and UTF-16 with one, as Windows' tools write it. */
function decode(content: Uint8Array, what: string): string {
  const [first, second] = content;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch (cause) {
    throw new InputError(`${what} is not text in UTF-8`, { guidance: 'Save the file as UTF-8.', cause });
  }
}

async function parseJson(text: string, what: string): Promise<unknown> {
  const { parse } = await import('lossless-json');
  try {
    return parse(text, undefined, (number) => exactNumber(number, what));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The parser's message may quote a piece of the text, which may be a secret: only its fixed part is shown.
    const [, reason = 'it breaks off', place] =
      /^(.*?)(?: but got .*| but reached end of input.*)?(?: at position (\d+))$/s.exec(cause.message) ?? [];
    throw invalid(`${what}${placeIn(text, Number(place ?? text.length))}`, 'JSON', withoutQuotes(reason));
  }
}

/** A whole number that JavaScript would round keeps its digits; one beyond all numbers is refused. */
function exactNumber(text: string, what: string): number | bigint {
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw new InputError(`${what}: a number is too large`, {
      guidance: 'Write it in quotes, if the connector takes text there.',
    });
  }
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

async function parseToml(text: string, what: string): Promise<unknown> {
  const { parse, TomlDate, TomlError } = await import('smol-toml');
  try {
    return plainValues(parse(text, { integersAsBigInt: 'asNeeded' }), (value) =>
      value instanceof TomlDate ? value.toISOString() : value,
    );
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // Only the first line: the rest of the message shows the lines around, which may hold secrets.
    const reason = cause.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? '';
    throw invalid(`${what}, line ${cause.line}, column ${cause.column}`, 'TOML', reason);
  }
}

/** TOML knows dates and times; a config holds them as text, in the spelling of the file. */
function plainValues(value: unknown, leaf: (value: unknown) => unknown): unknown {
  const plain = leaf(value);
  if (Array.isArray(plain)) return plain.map((item) => plainValues(item, leaf));
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(Object.entries(plain).map(([key, field]) => [key, plainValues(field, leaf)]));
}

function invalid(where: string, language: string, reason: string): InputError {
  return new InputError(`${where}: this is not valid ${language}: ${reason.trim()}`);
}

function placeIn(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `, line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** `Invalid number '12a'` without what stands between the quotes; single characters of syntax stay. */
function withoutQuotes(reason: string): string {
  const shown = reason.startsWith('Duplicate key')
    ? reason.replace(' encountered', '')
    : reason.replace(/ ?'[^']{2,}'/g, '');
  return shown.charAt(0).toLowerCase() + shown.slice(1);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
