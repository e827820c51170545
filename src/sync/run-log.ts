import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, storageFailure } from '../errors.ts';
import type { ConnectionId } from '../protocol/flow.ts';
import { LosslessNumber } from '../protocol/lossless-json.ts';

/** Everything that is logged during one sync, a JSON object a line. */
export interface RunLog extends AsyncDisposable {
  readonly path: string;
  /** Never throws. */
  write(line: Readonly<Record<string, unknown>>): void;
}

interface RunLogOptions {
  readonly folder: string;
  readonly connection: ConnectionId;
  /** Hears, once, that the log can no longer be written. The sync goes on without it. */
  readonly onLost: (error: unknown) => void;
}

/** Opens the log of a run, and removes all but the newest hundred. */
export async function openRunLog({ folder, connection, onLost }: RunLogOptions): Promise<RunLog> {
  const startedAt = new Date().toISOString().replaceAll(':', '-');
  const path = join(folder, `${startedAt}-${safeName(connection)}.ndjson`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOldest(folder);
  } catch (error) {
    throw storageFailure(error, `cannot keep run logs in ${folder}`);
  }
  const { stringify } = await import('ndjson');
  const lines = stringify();
  let dropped = 0;
  const written = pipeline(lines, createWriteStream(path, { mode: 0o600 })).catch(onLost);

  return {
    path,
    write(line) {
      if (lines.destroyed || lines.writableLength > mostQueued) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        lines.write({ at: new Date().toISOString(), type: 'dropped', lines: dropped });
        dropped = 0;
      }
      lines.write({ at: new Date().toISOString(), ...plain(line) });
    },
    async [Symbol.asyncDispose]() {
      if (!lines.destroyed) lines.end();
      await written;
    },
  };
}

/** What the writer can write without refusing it. An error's context may hold anything: what cannot be written is left out. */
function plain(line: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(line, digitsAsText)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return { type: line['type'], error: line['error'], unwritten: messageOf(error) };
  }
}

/** Numbers beyond those of JavaScript keep all their digits. */
function digitsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || value instanceof LosslessNumber ? value.toString() : value;
}

const kept = 100;
/** A connector that logs faster than the disk takes it loses lines, not our memory. */
const mostQueued = 20_000;

async function removeOldest(folder: string): Promise<void> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).toSorted();
  const oldest = logs.slice(0, Math.max(0, logs.length - kept + 1));
  await Promise.all(oldest.map((name) => rm(join(folder, name), { force: true })));
}

function safeName(connection: ConnectionId): string {
  return connection.replaceAll(/[^\w.-]+/g, '-').slice(0, 100);
}
