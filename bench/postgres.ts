import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fakerCatalog } from '../src/connectors/sources/faker-catalog.ts';
import { messageOf, SluiceError } from '../src/errors.ts';
import { streamKey } from '../src/protocol/catalog.ts';
import { encodeRows } from '../src/sql/encode-rows.ts';
import { planTables } from '../src/sql/plan-tables.ts';
import { postgresDialect } from '../src/sql/postgres/dialect.ts';
import { stagedColumns, textMark } from '../src/sql/staged-rows.ts';
import type { StreamTable } from '../src/sql/stream-table.ts';
import { startServer, type TestServer } from '../test/postgres/server.ts';
import { catSource } from './connectors.ts';
import { type Figure, perSecond, type Skipped, seconds } from './figure.ts';
import { cacheFolder, fakerInput, type Input } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb, run, wholeSeconds } from './measure.ts';
import { type Bench, millions } from './relay.ts';

/** A process source into a PostgreSQL cache, against `psql \copy` of the same rows as CSV and against dlt. */
export async function postgres({ library, records, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  const input = await fakerInput(records);
  const executable = await catSource(input, { catalog: fakerCatalog });
  await using server = await startServer({
    tcp: true,
    settings: { fsync: 'on', full_page_writes: 'on', shared_buffers: '512MB', max_wal_size: '4GB' },
  });
  const { host, port } = server;
  const options = { host, port, username: 'postgres', database: 'postgres', schemaName: 'bench' };
  const ours: Program = {
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'programs', 'read-postgres.mjs'),
      library.index,
      JSON.stringify({ executable, options }),
    ],
    env: { SLUICE_DIR: join(cacheFolder, 'home') },
  };
  const copy = await copyProgram(input, server);
  if ('skipped' in copy) return [copy];
  const runs = await inTurn({ copy, ours }, times);
  const call = callSeconds(runs.ours);
  const baseline = wholeSeconds(runs.copy);
  const figure: Figure = {
    what: `process source to PostgreSQL cache, ${millions(records)} records: read() alone`,
    measured: `${seconds(call)}, ${perSecond(records, call)}`,
    memoryMb: peakMb(runs.ours),
    baseline: `psql \\\\copy of the same rows as CSV: ${seconds(baseline)}, ${perSecond(records, baseline)}`,
    ratio: baseline / call,
    aim: '≥ 0.3',
    reached: baseline / call >= 0.3,
  };
  return [figure, await againstDlt({ input, server, ours: records / call, figure })];
}

/** Each stream's rows, as CSV in a file of their own, into a typed table. */
async function copyProgram(input: Input, { host, port }: TestServer): Promise<Program | Skipped> {
  const isThere = await promisify(execFile)('psql', ['--version']).catch(() => undefined);
  if (isThere === undefined) return { what: 'PostgreSQL cache', skipped: 'there is no psql' };
  const dialect = postgresDialect(180_000);
  const commands: string[] = [];
  for (const [stream, table] of tablesOf(input)) {
    const columns = stagedColumns(table, dialect).map(({ name, type }) => `${dialect.quote(name)} ${type}`);
    const name = `copy_${table.name}`;
    commands.push(`drop table if exists ${name}`, `create table ${name} (${columns.join(', ')})`);
    commands.push(`\\copy ${name} from '${await csvOf(input, stream, table)}' (format csv)`);
  }
  const connection = ['-h', host, '-p', String(port), '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-q'];
  return { command: 'psql', args: [...connection, ...commands.flatMap((command) => ['-c', command])] };
}

function tablesOf({ streams }: Input): readonly (readonly [string, StreamTable])[] {
  const known = fakerCatalog.streams.filter(({ name }) => streams.includes(name));
  const catalog = {
    streams: known.map((stream) => ({
      stream,
      sync_mode: 'full_refresh' as const,
      destination_sync_mode: 'append' as const,
    })),
  };
  const tables = planTables(catalog, postgresDialect(180_000));
  return known.map((stream) => {
    const table = tables.get(streamKey(stream));
    if (table === undefined) throw new SluiceError(`bench: no table for ${stream.name}`);
    return [stream.name, table] as const;
  });
}

/** Usual CSV, made once, by our own encoder, and not part of what is measured. The faker's texts hold no mark. */
async function csvOf({ path }: Input, stream: string, table: StreamTable): Promise<string> {
  const csv = `${path}.${stream}.csv`;
  if (existsSync(csv)) return csv;
  const encoder = encodeRows(table, { syncId: 1, dialect: postgresDialect(180_000) });
  const file = await open(`${csv}.part`, 'w');
  const head = `{"type":"RECORD","record":{"stream":"${stream}",`;
  let text = '';
  const write = async (): Promise<void> => {
    const rows = Buffer.from(encoder.encode(Buffer.from(text)).bytes).toString();
    await file.appendFile(rows.replaceAll('"', '""').replaceAll(textMark, '"'));
    text = '';
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.startsWith(head)) text += `${line}\n`;
    if (text.length > 1_000_000) await write();
  }
  await write();
  await file.close();
  await rename(`${csv}.part`, csv);
  return csv;
}

const dltVersion = '1.31.0';

interface DltOptions {
  readonly input: Input;
  readonly server: TestServer;
  /** Records a second. */
  readonly ours: number;
  readonly figure: Figure;
}

/** dlt takes minutes for a million: a part of them shows what it makes a second. */
async function againstDlt({ input, server, ours, figure }: DltOptions): Promise<Figure | Skipped> {
  const what = `${figure.what}, against dlt`;
  const folder = join(cacheFolder, `dlt-${dltVersion}`);
  const python = join(folder, 'bin', 'python');
  const execute = promisify(execFile);
  try {
    if (!existsSync(join(folder, 'bin', 'dlt'))) {
      await execute('python3', ['-m', 'venv', folder]);
      await execute(python, ['-m', 'pip', 'install', '--quiet', `dlt[postgres]==${dltVersion}`]);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    return { what, skipped: `dlt cannot be installed (${messageOf(error).split('\n')[0]})` };
  }
  const part = Math.min(input.records, 50_000);
  const url = `postgresql://postgres:postgres@${server.host}:${server.port}/postgres`;
  const theirs = await run({
    command: python,
    args: [join(import.meta.dirname, 'programs', 'dlt-postgres.py'), input.path, url, String(part)],
    env: { RUNTIME__DLTHUB_TELEMETRY: 'false', DLT_DATA_DIR: join(cacheFolder, 'dlt') },
  });
  const rate = part / callSeconds([theirs]);
  return {
    ...figure,
    what,
    baseline: `dlt ${dltVersion}, ${part / 1000} k records: ${seconds(callSeconds([theirs]))}, ${perSecond(part, callSeconds([theirs]))}, ${peakMb([theirs]).toFixed(0)} MB`,
    ratio: ours / rate,
    aim: '≥ 15',
    reached: ours / rate >= 15,
  };
}
