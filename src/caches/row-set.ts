import { stat } from 'node:fs/promises';
import { InputError, StoppedError } from '../errors.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import type { SqlRow } from '../sql/driver.ts';
import type { Sql } from '../sql/sql.ts';
import type { TimeCodec } from '../sql/time-codec.ts';
import { csvLine, csvRow } from './csv.ts';
import type { SharedDriver } from './shared-driver.ts';
import { writeLines } from './write-lines.ts';

/** What every long call on rows takes: a signal to stop it. */
export interface RowsOptions {
  readonly signal?: AbortSignal | undefined;
}

/** RowSet that can be gone through, again and again: each loop asks the database anew, and memory stays small. */
export interface RowSet extends AsyncIterable<Row> {
  /** The rows one by one, with a signal that stops them. */
  rows(options?: RowsOptions): AsyncGenerator<Row, void, undefined>;
  /** All rows at once: for amounts that fit into memory. */
  toArray(options?: RowsOptions): Promise<readonly Row[]>;
  /** Writes a JSON object a line, numbers in all their digits, and answers how many. The file appears when it is whole. */
  toJsonl(path: string, options?: RowsOptions): Promise<number>;
  /** Writes CSV with a header, and answers how many rows. NULL is an empty field, an empty text is `""`. */
  toCsv(path: string, options?: RowsOptions): Promise<number>;
}

interface RowSource {
  readonly shared: SharedDriver;
  /** Who is read, for errors. */
  readonly name: string;
  readonly statement: Sql;
  readonly rowOf: (row: SqlRow) => Row;
  /** The fields that CSV shows; those of the first row where it is not given. */
  readonly fields?: readonly string[] | (() => Promise<readonly string[]>) | undefined;
  /** How the database is to give dates and times to a program; files have them as texts. */
  readonly times?: TimeCodec | undefined;
  /** What becomes of a row that goes to a program, and not to a file. */
  readonly decode?: ((row: Row) => Row) | undefined;
}

/** The rows of a statement. */
export function rowSet(source: RowSource): RowSet {
  const rows = (options: RowsOptions = {}) => streamRows(source, options);
  const texts = (options: RowsOptions = {}) =>
    streamRows({ ...source, times: undefined, decode: undefined }, options);
  return {
    rows,
    [Symbol.asyncIterator]: () => rows(),
    async toArray(options) {
      const all: Row[] = [];
      for await (const row of rows(options)) all.push(row);
      return all;
    },
    async toJsonl(path, options) {
      await checkFile(path, `${source.name}: toJsonl`);
      return writeLines(path, jsonLines(texts(options)));
    },
    async toCsv(path, options) {
      await checkFile(path, `${source.name}: toCsv`);
      return (await writeLines(path, csvLines(texts(options), source.fields))) - 1;
    },
  };
}

/** Refuses what is no path, and a folder, before anything is asked of the database. */
export async function checkFile(path: unknown, who: string): Promise<void> {
  const isPath = typeof path === 'string' && path !== '';
  if (isPath && !(await isFolder(path))) return;
  throw new InputError(`${who} takes the path of a file${isPath ? `, and ${path} is a folder` : ''}`, {
    guidance: 'Name the file too: people.csv, out/people.jsonl.',
    context: isPath ? { path } : {},
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** The database is open while the loop runs. */
async function* streamRows(
  { shared, name, statement, rowOf, times, decode }: RowSource,
  { signal }: RowsOptions,
): AsyncGenerator<Row, void, undefined> {
  if (signal?.aborted) throw stopped(name, signal);
  await using use = await shared.use();
  try {
    for await (const rows of use.driver.stream(statement, { signal, times })) {
      for (const row of rows) yield decode === undefined ? rowOf(row) : decode(rowOf(row));
    }
  } catch (error) {
    if (signal?.aborted) throw stopped(name, signal);
    throw error;
  }
}

async function* jsonLines(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield `${stringifyLossless(row)}\n`;
}

async function* csvLines(rows: AsyncIterable<Row>, fields: RowSource['fields']): AsyncGenerator<string> {
  let names = typeof fields === 'function' ? await fields() : fields;
  if (names !== undefined) yield csvLine(names);
  for await (const row of rows) {
    if (names === undefined) {
      names = Object.keys(row);
      yield csvLine(names);
    }
    yield csvRow(row, names);
  }
  if (names === undefined) yield csvLine([]);
}

function stopped(name: string, signal: AbortSignal): StoppedError {
  return new StoppedError(`${name}: reading its rows was stopped`, { cause: signal.reason });
}
