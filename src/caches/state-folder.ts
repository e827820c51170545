import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, InputError, StateBusyError, storageFailure } from '../errors.ts';
import { type HeldLock, type Holder, takeLock } from '../executors/file-lock.ts';
import { openHomeFolder } from '../home.ts';
import { streamKey } from '../protocol/catalog.ts';
import type { ConnectionEnds, ConnectionId, ConnectionState, StateStore } from '../protocol/flow.ts';
import type { Warning } from '../protocol/result.ts';
import { mergeStates, withoutStreams } from '../protocol/state.ts';
import { changedEnds } from './changed-ends.ts';
import { raiseGenerations } from './generations.ts';
import { generationList, restored, type StateArchive } from './state-archive.ts';
import { readStateFile, type StateFile, writeStateFile } from './state-file.ts';

/** Where a StateFolder keeps its files. */
export interface StateFolderOptions {
  /** Where the files lie; `.sluice/state` unless given. */
  readonly folder?: string | undefined;
}

/** Keeps the state of each connection in a readable JSON file of its own. */
export class StateFolder implements StateStore, StateArchive {
  readonly #folder: string | undefined;

  constructor({ folder }: StateFolderOptions = {}) {
    this.#folder = folder;
  }

  async open(connection: ConnectionId, ends?: ConnectionEnds): Promise<ConnectionState> {
    const { path, lock } = await this.#locked(connection);
    try {
      const saved = await readStateFile(path);
      if (saved !== undefined && saved.connection !== connection) throw notOurs(path, saved, connection);
      const warnings = await changedEnds({
        connection,
        saved,
        ends,
        others: () => readStateFiles(dirname(path)),
        place: path,
      });
      return openConnection({
        path,
        lock,
        warnings,
        content: contentOf(connection, ends ?? saved?.ends, saved),
      });
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All that is kept here, by the connections' names. */
  async saved(): Promise<readonly StateFile[]> {
    const folder = await this.#open();
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    const files = await Promise.all(names.map((name) => readStateFile(join(folder, name))));
    return files
      .filter((file) => file !== undefined)
      .toSorted((a, b) => (a.connection < b.connection ? -1 : 1));
  }

  /** Puts what was saved of a connection in the place of what is kept here, if anything. */
  async restore(file: StateFile): Promise<void> {
    const { path, lock } = await this.#locked(file.connection);
    try {
      await writeStateFile(path, restored(file, await readStateFile(path), path));
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  }

  /** Forgets a connection: everything is then read and sent again. Answers whether there was one. */
  async clear(connection: ConnectionId): Promise<boolean> {
    const { path, lock } = await this.#locked(connection);
    try {
      await rm(path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw storageFailure(error, `cannot remove ${path}`);
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  }

  async #locked(connection: string): Promise<{ readonly path: string; readonly lock: HeldLock }> {
    const name = fileName(connection);
    const folder = await this.#open();
    const lock = await lockConnection(join(folder, `${name}.lock`), connection);
    return { path: join(folder, `${name}.json`), lock };
  }

  async #open(): Promise<string> {
    try {
      if (this.#folder === undefined) return await openHomeFolder('state');
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      return this.#folder;
    } catch (error) {
      throw storageFailure(error, `cannot keep state in ${this.#folder ?? 'the state folder'}`);
    }
  }
}

/** Refuses a connection whose name no file can bear, before anything is done for it. */
export function checkConnectionName(connection: string): void {
  fileName(connection);
}

interface Opened {
  readonly path: string;
  readonly lock: HeldLock;
  readonly warnings: readonly Warning[];
  readonly content: StateFile;
}

function openConnection({ path, lock, warnings, content }: Opened): ConnectionState {
  let current = content;

  async function save(changes: Partial<StateFile>): Promise<void> {
    if (!(await lock.isOurs())) throw takenOver(current.connection);
    const next = { ...current, ...changes, saved_at: new Date().toISOString() };
    await writeStateFile(path, next);
    current = next;
  }

  return {
    warnings,
    get states() {
      return current.states.map((state) => ({ type: 'STATE' as const, state }));
    },
    async begin(configured) {
      const before = new Map(current.streams.map((one) => [streamKey(one), one.generation_id]));
      const { generations, restarted } = raiseGenerations(before, configured);
      for (const [key, { id }] of generations) before.set(key, id);
      const syncId = current.sync_id + 1;
      await save({
        sync_id: syncId,
        streams: generationList(before),
        states: withoutStreams(current.states, { restarted, streams: configured.length }),
      });
      return { syncId, generations };
    },
    async commit(states) {
      await save({
        states: mergeStates(
          current.states,
          states.map(({ state }) => state),
        ),
      });
    },
    async [Symbol.asyncDispose]() {
      await lock[Symbol.asyncDispose]();
    },
  };
}

/** All that can be read. A damaged file of another connection is that connection's business. */
async function readStateFiles(folder: string): Promise<readonly StateFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const files = names.map((name) => readStateFile(join(folder, name)).catch(() => undefined));
  return (await Promise.all(files)).filter((file) => file !== undefined);
}

function contentOf(
  connection: ConnectionId,
  ends: ConnectionEnds | undefined,
  saved: StateFile | undefined,
): StateFile {
  const { sync_id = 0, saved_at = '', streams = [], states = [] } = saved ?? {};
  return { version: 1, connection, ends, sync_id, saved_at, streams, states };
}

async function lockConnection(path: string, connection: string): Promise<HeldLock> {
  let taken: Awaited<ReturnType<typeof takeLock>>;
  try {
    taken = await takeLock(path);
  } catch (error) {
    throw storageFailure(error, `cannot lock the state of ${connection}`);
  }
  if ('holder' in taken) throw busy(connection, path, taken.holder);
  return taken;
}

function busy(connection: string, lock: string, holder: Holder | undefined): StateBusyError {
  const who = holder === undefined ? 'another run' : `process ${holder.process.pid}, since ${holder.since},`;
  return new StateBusyError(`${connection}: ${who} holds its state`, {
    guidance: 'Wait for that run or stop it. Another connection name runs beside it.',
    context: { pid: holder?.process.pid, since: holder?.since, lock },
  });
}

function takenOver(connection: string): StateBusyError {
  return new StateBusyError(`${connection}: another run has taken over its state`, {
    guidance:
      'This run stood still for so long, as in a suspended machine, that it counted as dead. Run again.',
  });
}

function notOurs(path: string, saved: StateFile, connection: string): InputError {
  return new InputError(`${path} holds the state of connection ${saved.connection}, not of ${connection}`, {
    guidance: 'Choose another connection name: the two cannot be told apart by their files.',
    context: { file: path },
  });
}

/** A connection's name as a file's: readable as it is, without what some systems refuse in names. */
function fileName(connection: string): string {
  const isPath = /[/\\\p{Cc}]/u.test(connection) || connection.startsWith('.');
  const name = connection.replaceAll(/[<>:"|?*%]/g, (char) => encodeURIComponent(char).replace('*', '%2A'));
  if (connection !== '' && !isPath && Buffer.byteLength(name) <= longestName) return name;
  throw new InputError(`connection ${JSON.stringify(connection.slice(0, 60))} cannot name a file`, {
    guidance: `A connection's name has 1 to ${longestName} bytes, no slash and no control character, and does not begin with a dot.`,
    context: { connection },
  });
}

const longestName = 200;
