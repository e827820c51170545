import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfiguredCatalog, StreamKey } from '../../src/protocol/catalog.ts';
import { streamKey } from '../../src/protocol/catalog.ts';
import { stringifyLossless } from '../../src/protocol/lossless-json.ts';
import type { Row } from '../../src/protocol/messages.ts';
import type { Driver, SqlRow } from '../../src/sql/driver.ts';
import { encodeRows } from '../../src/sql/encode-rows.ts';
import { type Evolution, type LandStrategy, landRecords, prepareTable } from '../../src/sql/land.ts';
import { planTables } from '../../src/sql/plan-tables.ts';
import { rowOf, selectRows } from '../../src/sql/rows.ts';
import type { StreamTable } from '../../src/sql/stream-table.ts';

/** One stream of a test, in a database of its own folder. */
export interface Landing extends AsyncDisposable {
  readonly db: Driver;
  readonly folder: string;
  /** Lands records' data, given as JSON texts, in one transaction. */
  land(datas: readonly string[], options?: LandingOptions): Promise<Evolution>;
  /** What comes back, as JSON texts, in order. */
  back(): Promise<readonly string[]>;
  rows(): Promise<readonly SqlRow[]>;
}

interface LandingOptions {
  readonly strategy?: LandStrategy;
  readonly table?: StreamTable;
  /** What stands between the lines: a carriage return too keeps an engine from reading them by itself. */
  readonly ending?: '\n' | '\r\n' | '\n\n';
}

type Properties = Readonly<Record<string, unknown>>;

export async function landing(
  open: (folder: string) => Promise<Driver>,
  properties: Properties,
  keys: { readonly primaryKey?: readonly (readonly string[])[]; readonly cursor?: readonly string[] } = {},
): Promise<Landing> {
  const folder = mkdtempSync(join(tmpdir(), 'sql-'));
  const db = await open(folder);
  const planned = tableOf(db, properties, keys);
  let table = planned.table;
  let number = 0;
  return {
    db,
    folder,
    async land(datas, { strategy = 'append', table: wanted = planned.table, ending = '\n' } = {}) {
      number += 1;
      const file = join(folder, `rows-${number}.csv`);
      const evolution = await db.transaction(async (session) => {
        const evolved = await prepareTable(session, wanted);
        const encoder = encodeRows(evolved.table, { syncId: 7, dialect: db.dialect });
        const { bytes, ...counts } = encoder.encode(Buffer.from(recordLines(datas, ending)));
        writeFileSync(file, bytes);
        await landRecords(
          session,
          { table: evolved.table, files: [file], generationId: 3, syncId: 7, bytes: bytes.length, ...counts },
          strategy,
        );
        return evolved;
      });
      rmSync(file, { force: true });
      table = evolution.table;
      return evolution;
    },
    async back() {
      const rows = await db.query(selectRows(table));
      return rows.map((row) => stringifyLossless(rowOf(table, row)));
    },
    rows: () => db.query(selectRows(table)),
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The table of a stream `things` with these properties. */
export function tableOf(
  { dialect }: Pick<Driver, 'dialect'>,
  properties: Properties,
  {
    primaryKey = [],
    cursor = [],
  }: { readonly primaryKey?: readonly (readonly string[])[]; readonly cursor?: readonly string[] } = {},
): { readonly key: StreamKey; readonly table: StreamTable } {
  const stream = { name: 'things', json_schema: { type: 'object', properties } };
  const catalog: ConfiguredCatalog = {
    streams: [
      {
        stream,
        sync_mode: 'full_refresh',
        destination_sync_mode: 'append',
        primary_key: primaryKey,
        cursor_field: cursor,
      },
    ],
  };
  const key = streamKey(stream);
  const table = planTables(catalog, dialect).get(key);
  if (table === undefined) throw new TypeError('the stream has no table');
  return { key, table };
}

export function recordLines(datas: readonly string[], ending = '\n'): string {
  return datas
    .map(
      (data, index) =>
        `{"type":"RECORD","record":{"stream":"things","data":${data},"emitted_at":${index}}}${ending}`,
    )
    .join('');
}

export const schemas = {
  string: { type: ['null', 'string'] },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  number: { type: ['number', 'null'] },
  date: { type: 'string', format: 'date' },
  instant: { type: 'string', format: 'date-time' },
  wallClock: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  time: { type: 'string', format: 'time' },
  zonedTime: { type: 'string', format: 'time', airbyte_type: 'time_with_timezone' },
  array: { type: 'array' },
  object: { type: 'object' },
  union: { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'object' }] },
} as const satisfies Readonly<Record<string, Row>>;
