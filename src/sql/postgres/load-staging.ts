import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import type { Queries, StagedRows, StagingSource, StatementOptions } from '../driver.ts';
import { ident, join, raw, render, sql } from '../sql.ts';
import { arrivalColumn, stagedColumns, textMark } from '../staged-rows.ts';

/** The session that loads. */
interface LoadingSession extends Pick<Queries, 'dialect' | 'run'> {
  /** Work on the connection that the signal ends. */
  guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

/** Lands staged rows in a temporary table by COPY, which takes them as they are. */
export async function loadStaging(
  session: LoadingSession,
  client: Client,
  { table, files, first }: StagingSource,
  options: StatementOptions,
): Promise<StagedRows> {
  const columns = stagedColumns(table, session.dialect);
  const definitions = columns.map(({ name, type }) => sql`${ident(name)} ${raw(type)}`);
  await session.run(sql`DROP TABLE IF EXISTS ${staging}`, options);
  await session.run(sql`CREATE TEMP TABLE ${staging} (${join(definitions)}) ON COMMIT DROP`, options);
  const form = raw(`FORMAT csv, QUOTE '${textMark}', ESCAPE '${textMark}'`);
  const copy = render(sql`COPY ${staging} FROM STDIN (${form})`, session.dialect);
  const { from } = await import('pg-copy-streams');
  await session.guarded(options.signal, () => pipeline(chunksOf(files), client.query(from(copy.text))));
  return { name: staging, arrival: sql`(${ident(arrivalColumn)} - ${raw(String(first - 1))})` };
}

export async function dropStaging(session: LoadingSession, { name }: StagedRows): Promise<void> {
  await session.run(sql`DROP TABLE IF EXISTS ${name}`);
}

const staging = ident('pg_temp', '_sluice_staging');

async function* chunksOf(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file, { highWaterMark: chunkBytes });
}

const chunkBytes = 262_144;
