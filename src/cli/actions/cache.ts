import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../errors.ts';
import { homeFolder } from '../../home.ts';
import type { Row } from '../../index.ts';
import { openCacheArgument, openCacheToRead, placeOf } from '../cache-argument.ts';
import type { OutputFlags } from '../commands/flags.ts';
import { printRows } from '../print-rows.ts';
import { runSession } from '../session.ts';

/** The flags of `sluice cache show` and `drop`. */
export interface CacheFlags extends OutputFlags {
  readonly cache?: string;
}

/** `sluice cache list` */
export async function runCacheList(flags: OutputFlags): Promise<number> {
  return runSession(flags, async (session) => {
    const folder = join(homeFolder(), 'caches');
    const names = await readdir(folder).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    });
    const files = names.filter((name) => name.endsWith('.duckdb')).toSorted();
    const rows = files.map(async (name) => {
      const { size, mtime } = await stat(join(folder, name));
      return {
        cache: name.slice(0, -'.duckdb'.length),
        bytes: size,
        changed_at: mtime.toISOString(),
        path: join(folder, name),
      };
    });
    await printRows(await Promise.all(rows), flags, session);
    if (files.length === 0) session.reporter.note(`there are no caches in ${folder}`);
  });
}

/** `sluice cache show` */
export async function runCacheShow(flags: CacheFlags): Promise<number> {
  return runSession(flags, async (session) => {
    await using cache = openCacheToRead(flags.cache);
    const datasets = await cache.datasets();
    const rows: Row[] = [];
    for (const { label, table, source, connection, syncedAt } of await cache.streams()) {
      const count = (await datasets.get(label)?.count(session.call)) ?? 0;
      rows.push({ stream: label, rows: count, table: table.name, source, connection, synced_at: syncedAt });
    }
    await printRows(rows, flags, session);
  });
}

/** `sluice cache drop STREAM…` */
export async function runCacheDrop(streams: readonly string[], flags: CacheFlags): Promise<number> {
  return runSession(flags, async ({ reporter }) => {
    // A file must be there: dropping something makes none.
    const place = placeOf(openCacheToRead(flags.cache));
    await using cache = openCacheArgument(flags.cache);
    for (const stream of streams) {
      await cache.drop(stream);
      reporter.note(`dropped ${stream} from ${place}`);
    }
  });
}
