import { InputError } from '../errors.ts';
import { type ColumnType, widerType } from './column-type.ts';
import type { EngineColumn, Queries, Session, StagingSource, StatementOptions } from './driver.ts';
import { appendStatement, mergeStatements } from './merge.ts';
import { ident, join, raw, type Sql, sql } from './sql.ts';
import {
  type ColumnPath,
  metaColumns,
  type StreamColumn,
  type StreamTable,
  sidePrefix,
} from './stream-table.ts';

/** How staged rows enter the table. A replacing stream appends to its side table (`sideTable`), swapped in at the end. */
export type LandStrategy = 'append' | 'merge';

export interface LandOptions extends StatementOptions {
  /** A number that was given once, though no row may bear it any more. */
  readonly lastPosition?: number | undefined;
  /** Says that no row is in the table, nor in the one that it is to replace. */
  readonly isEmpty?: boolean | undefined;
}

/** What differed between the table as it was and as it is wanted, and was settled. */
export interface Evolution {
  readonly created: boolean;
  readonly added: readonly string[];
  readonly widened: readonly string[];
  /** The table as it now is: land rows by this one. */
  readonly table: StreamTable;
}

interface PrepareOptions extends StatementOptions {
  /** Says that the schema is there, which need not be asked for each of many tables. */
  readonly hasSchema?: boolean | undefined;
  /** Says that there is no such table; believed where nobody else can have made it since. */
  readonly isAbsent?: boolean | undefined;
}

interface SwapOptions extends StatementOptions {
  /** Says that the side table is there. */
  readonly isPrepared?: boolean | undefined;
  /** Says that there is no table to be replaced; believed where nobody else can have made it since. */
  readonly isAbsent?: boolean | undefined;
}

/** Makes the table, or brings it up to date: new columns appear, safe widenings happen, vanished columns stay. */
export async function prepareTable(
  session: Queries,
  table: StreamTable,
  { hasSchema = false, isAbsent = false, ...options }: PrepareOptions = {},
): Promise<Evolution> {
  await takeTurns(session, `${table.schema}.${table.name}`, options);
  const held = isSurely(isAbsent, session)
    ? undefined
    : await session.columns(table.schema, table.name, options);
  if (held === undefined) {
    if (!hasSchema) await makeSchema(session, table.schema, options);
    await session.run(createTable(session, table), options);
    return { created: true, added: [], widened: [], table };
  }
  return evolve(session, table, held, options);
}

/** Elsewhere a transaction may find what was not there when it began. */
function isSurely(isAbsent: boolean, { dialect }: Queries): boolean {
  return isAbsent && dialect.takeTurns === undefined;
}

/** Makes the schema where it is missing: who may use it need not be one who may make it. */
export async function makeSchema(
  session: Queries,
  schema: string,
  options?: StatementOptions,
): Promise<void> {
  if (await session.hasSchema(schema, options)) return;
  await session.run(sql`CREATE SCHEMA IF NOT EXISTS ${ident(schema)}`, options);
}

/** Waits, in a transaction, for others of other processes that are at the same thing. */
export async function takeTurns(session: Queries, name: string, options?: StatementOptions): Promise<void> {
  const statement = session.dialect.takeTurns?.(name);
  if (statement !== undefined) await session.query(statement, options);
}

/** Stages the rows and moves them into the table; run it in a transaction. */
export async function landRecords(
  session: Session,
  source: StagingSource,
  strategy: LandStrategy,
  options: LandOptions = {},
): Promise<void> {
  const isMerged = strategy === 'merge' && source.table.primaryKey.length > 0;
  if (!isMerged && session.appendRows !== undefined) {
    return session.appendRows(source, await numbersFrom(session, source, options), options);
  }
  const staged = await session.loadStaging(source, { ...options, isReadOnce: !isMerged });
  const last = await numbersFrom(session, source, options);
  if (isMerged) {
    for (const statement of mergeStatements(session.dialect, source, staged))
      await session.run(statement, options);
  }
  await session.run(appendStatement(session.dialect, source, staged, last), options);
  await session.dropStaging(staged);
}

/** The last number that is taken: nobody gives another before this transaction ends. */
async function numbersFrom(
  session: Session,
  { table }: StagingSource,
  { isEmpty = false, lastPosition: noted = 0, ...options }: LandOptions,
): Promise<number> {
  await takeTurns(session, `${table.schema}.${table.name}`, options);
  return Math.max(isEmpty ? 0 : await lastGiven(session, table, options), noted);
}

/** Where a replacing stream gathers until it is complete. */
export function sideTable(table: StreamTable): StreamTable {
  return { ...table, name: `${sidePrefix}${table.name}` };
}

/** Puts the side table in the place of the table, in one step; run it in a transaction. */
export async function swapIn(
  session: Session,
  table: StreamTable,
  { isPrepared = false, isAbsent = false, ...options }: SwapOptions = {},
): Promise<void> {
  const side = sideTable(table);
  if (!isPrepared) await prepareTable(session, side, options);
  const held = isSurely(isAbsent, session)
    ? undefined
    : await session.columns(table.schema, table.name, options);
  if (held !== undefined) refuseForeign(table, new Set(held.map(({ name }) => name)));
  // An index keeps its name when its table is renamed; the next side table needs that name.
  const index = session.dialect.keyIndex?.drop(side);
  if (index !== undefined) await session.run(index, options);
  if (held !== undefined)
    await session.run(sql`DROP TABLE IF EXISTS ${ident(table.schema, table.name)}`, options);
  await session.run(
    sql`ALTER TABLE ${ident(side.schema, side.name)} RENAME TO ${ident(table.name)}`,
    options,
  );
}

/**
 * What was sent on from a table is known by its number, so the rows that are to take its place need higher ones. They
 * get them as they land: a later UPDATE would make a log that DuckDB cannot replay after a crash.
 */
async function lastGiven(session: Queries, table: StreamTable, options?: StatementOptions): Promise<number> {
  const last = await lastPosition(session, table, options);
  if (last > 0 || !table.name.startsWith(sidePrefix)) return last;
  const replaced = { ...table, name: table.name.slice(sidePrefix.length) };
  const held = await session.columns(replaced.schema, replaced.name, options);
  return held?.some(({ name }) => name === metaColumns.position) === true
    ? lastPosition(session, replaced, options)
    : 0;
}

/** Asked before anything is deleted: a number is never given twice. */
export async function lastPosition(
  session: Queries,
  table: StreamTable,
  options?: StatementOptions,
): Promise<number> {
  const [row] = await session.query(
    sql`SELECT max(${ident(metaColumns.position)}) AS last FROM ${ident(table.schema, table.name)}`,
    options,
  );
  return Number(row?.['last'] ?? 0);
}

function createTable({ dialect }: Queries, table: StreamTable): Sql {
  const { text, integer, json, instant, uuid, position } = dialect.meta;
  const ours: readonly (readonly [string, string])[] = [
    [metaColumns.rawId, `${uuid} NOT NULL`],
    [metaColumns.extractedAt, `${instant} NOT NULL`],
    [metaColumns.meta, `${json} NOT NULL`],
    [metaColumns.generationId, `${integer} NOT NULL`],
    [metaColumns.position, position],
    [metaColumns.form, `${dialect.meta.small} NOT NULL`],
    [metaColumns.raw, text],
  ];
  const columns = [...table.columns.map(({ name, type }) => [name, dialect.types[type]] as const), ...ours];
  const definitions = join(columns.map(([name, type]) => sql`${ident(name)} ${raw(type)}`));
  return sql`CREATE TABLE ${ident(table.schema, table.name)} (${definitions})`;
}

async function evolve(
  session: Queries,
  table: StreamTable,
  held: readonly EngineColumn[],
  options: StatementOptions | undefined,
): Promise<Evolution> {
  const types = new Map(held.map(({ name, type }) => [name, type]));
  refuseForeign(table, types);
  const target = ident(table.schema, table.name);
  const added: string[] = [];
  const widened: string[] = [];
  const columns: StreamColumn[] = [];
  for (const column of table.columns) {
    const type = types.get(column.name);
    if (type === undefined) {
      await session.run(
        sql`ALTER TABLE ${target} ADD COLUMN ${ident(column.name)} ${raw(session.dialect.types[column.type])}`,
        options,
      );
      added.push(column.name);
      columns.push(column);
      continue;
    }
    const from = heldType(session, table, column, type);
    const to =
      from === column.type ? from : await settledType(session, table, { ...column, type: from }, column.type);
    if (session.dialect.types[to] !== type) {
      const index = session.dialect.keyIndex?.drop(table);
      const statements = session.dialect.widenColumn(target, column.name, from, to);
      for (const statement of index === undefined ? statements : [index, ...statements])
        await session.run(statement, options);
      widened.push(column.name);
    }
    columns.push({ ...column, type: to });
  }
  const settled = new Map(columns.map(({ name, type }) => [name, type]));
  // A key is compared by the type that its column has come to.
  const typed = (one: ColumnPath): ColumnPath =>
    one.path.length > 0 ? one : { ...one, type: settled.get(one.column) ?? one.type };
  const primaryKey = table.primaryKey.map(typed);
  const cursor = table.cursor === undefined ? undefined : typed(table.cursor);
  return { created: false, added, widened, table: { ...table, columns, primaryKey, cursor } };
}

/** The column's type as we call it; where several of ours are one of the engine's, the one that is wanted. */
function heldType(
  { dialect }: Queries,
  table: StreamTable,
  column: StreamColumn,
  engineType: string,
): ColumnType {
  if (dialect.types[column.type] === engineType) return column.type;
  const type = dialect.columnType(engineType);
  if (type !== undefined) return type;
  throw new InputError(
    `the column ${column.name} of the table ${table.name} is of type ${engineType}, which Sluice does not make`,
    {
      guidance:
        'Somebody has changed the column. Give it back its type, or drop the table and read the stream anew.',
      context: { table: table.name, column: column.name, type: engineType },
    },
  );
}

/** Integers become doubles only where none of them would be rounded. */
async function settledType(
  session: Queries,
  table: StreamTable,
  held: StreamColumn,
  wanted: ColumnType,
): Promise<ColumnType> {
  const type = widerType(held.type, wanted);
  if (held.type !== 'integer' || type !== 'number') return type;
  const column = ident(held.name);
  const large = await session.query(
    sql`SELECT 1 FROM ${ident(table.schema, table.name)}
        WHERE ${column} > 9007199254740991 OR ${column} < -9007199254740991 LIMIT 1`,
  );
  return large.length === 0 ? 'number' : 'union';
}

function refuseForeign(table: StreamTable, names: { has(name: string): boolean }): void {
  const own = Object.values(metaColumns);
  const missing = own.filter((name) => !names.has(name));
  if (missing.length === 0) return;
  const isOurs = own.some((name) => name.startsWith('_sluice_') && names.has(name));
  if (isOurs) {
    throw new InputError(
      `the table ${table.name} lacks ${missing.join(' and ')}, which Sluice had made there`,
      {
        guidance: 'Somebody has dropped that. Drop the table, too, and read the stream anew.',
        context: { table: table.name, missing },
      },
    );
  }
  throw new InputError(`there is a table ${table.name} already that Sluice has not made`, {
    guidance: 'Give the cache a tablePrefix or another schemaName, or move that table away.',
    context: { table: table.name, missing },
  });
}
