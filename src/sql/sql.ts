import { InputError } from '../errors.ts';

/** What a parameter may be; the driver binds it, it never becomes text. */
export type SqlParameter = string | number | bigint | boolean | null;

/** A piece of SQL: text of ours, names and values apart, until a dialect writes it. */
export interface Sql {
  readonly kind: 'sql';
  readonly parts: readonly SqlPart[];
}

/** A piece of a statement: text as it is, a name to be quoted, or a value to be bound. */
type SqlPart =
  | { readonly text: string }
  | { readonly identifier: readonly string[] }
  | { readonly parameter: SqlParameter };

/**
 * SQL as a tagged template: what is interpolated is a bound parameter, a name made by `ident`, or another piece of
 * SQL, and never text. So nothing that is put into it can change what the statement does.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly (Sql | SqlParameter)[]): Sql {
  if (!isTemplate(strings)) {
    throw new InputError('sql is a template: write sql`…`, not sql(…)', {
      guidance: 'Put values in by interpolation: they are bound, never pasted into the text.',
    });
  }
  const parts: SqlPart[] = [];
  strings.forEach((text, index) => {
    if (text !== '') parts.push({ text });
    if (index < values.length) for (const part of partsOf(values[index])) parts.push(part);
  });
  return make(parts);
}

/** A name, quoted by the dialect: `ident('main', 'users')` is `"main"."users"`. */
export function ident(...names: readonly string[]): Sql {
  return make([{ identifier: names }]);
}

/** Pieces with a separator between them. */
export function join(pieces: readonly Sql[], separator = ', '): Sql {
  const parts = pieces.flatMap((piece, index) =>
    index === 0 ? piece.parts : [{ text: separator }, ...piece.parts],
  );
  return make(parts);
}

/** The statement, or condition, without the semicolons that end it, on lines of its own, so that a comment ends there. */
export function inner(statement: Sql): Sql {
  const last = statement.parts.at(-1);
  const ended =
    last !== undefined && 'text' in last
      ? [...statement.parts.slice(0, -1), { text: last.text.replace(/[\s;]+$/, '') }]
      : statement.parts;
  return make([{ text: '\n' }, ...ended, { text: '\n' }]);
}

/** Text as it is: for constants of ours, never for anything that came from outside. */
export function raw(text: string): Sql {
  return make([{ text }]);
}

/** How an engine writes names and the places of values. */
export interface Notation {
  quote(name: string): string;
  /** The placeholder of the nth parameter, counted from 1, with its type where the engine would not guess it. */
  placeholder(index: number, value: SqlParameter): string;
}

/** The statement as an engine takes it. */
export function render(
  statement: Sql,
  notation: Notation,
): { readonly text: string; readonly parameters: readonly SqlParameter[] } {
  const parameters: SqlParameter[] = [];
  const text = statement.parts.map((part) => {
    if ('text' in part) return part.text;
    if ('identifier' in part) return part.identifier.map((name) => notation.quote(name)).join('.');
    parameters.push(part.parameter);
    return notation.placeholder(parameters.length, part.parameter);
  });
  return { text: text.join(''), parameters };
}

/** Whether a value was made by `sql`, `ident`, `join` or `raw`. */
export function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && made.has(value);
}

/** JSON that pretends to be a piece of SQL is none: only what was made here counts. */
const made = new WeakSet<object>();

function make(parts: readonly SqlPart[]): Sql {
  const statement: Sql = Object.freeze({ kind: 'sql', parts });
  made.add(statement);
  return statement;
}

function isTemplate(strings: unknown): boolean {
  return Array.isArray(strings) && 'raw' in strings && Array.isArray(strings.raw);
}

function partsOf(value: unknown): readonly SqlPart[] {
  if (isSql(value)) return value.parts;
  if (isParameter(value)) return [{ parameter: value }];
  throw new InputError(`sql cannot bind ${kindOf(value)}`, {
    guidance:
      'It takes a string, a number, a bigint, a boolean, null, and SQL made by sql or ident. Write dates as ISO strings, decimals and objects as texts, and null where NULL is meant.',
  });
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `a value of type ${name}` : 'an object';
}

function isParameter(value: unknown): value is SqlParameter {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}
