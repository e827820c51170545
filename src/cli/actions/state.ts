import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseStateFile } from '../../caches/state-file.ts';
import { InputError, storageFailure } from '../../errors.ts';
import type { ConnectionId, SavedState, StateArchive } from '../../index.ts';
import { streamLabel } from '../../protocol/catalog.ts';
import { indented } from '../../protocol/json-indent.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import type { Row } from '../../protocol/messages.ts';
import { didYouMean } from '../../protocol/nearest.ts';
import { stateType } from '../../protocol/state.ts';
import type { OutputFlags } from '../commands/flags.ts';
import { printRows } from '../print-rows.ts';
import { runSession } from '../session.ts';
import { openArchive } from '../state-argument.ts';

/** The flags of `sluice state show` and `export`. */
export interface StateFlags extends OutputFlags {
  readonly stateCache?: string;
  readonly connection?: string;
}

export type StateImportFlags = StateFlags;

/** The flags of `sluice state clear`. */
export interface StateClearFlags extends OutputFlags {
  readonly stateCache?: string;
  readonly connection?: readonly string[];
  readonly all?: boolean;
}

/** `sluice state show` */
export async function runStateShow(flags: StateFlags): Promise<number> {
  return runSession(flags, async (session) => {
    await using place = openArchive(flags.stateCache, { isWritten: false });
    const all = await place.archive.saved();
    const shown = flags.connection === undefined ? all : [named(all, flags.connection)];
    await printRows(shown.flatMap(rowsOf), flags, session);
    if (shown.length === 0) session.reporter.note(`nothing is kept in ${place.path}`);
  });
}

/** `sluice state export` */
export async function runStateExport(flags: StateFlags): Promise<number> {
  return runSession(flags, async ({ output }) => {
    await using place = openArchive(flags.stateCache, { isWritten: false });
    const all = await place.archive.saved();
    const file = flags.connection === undefined ? onlyOne(all, place.path) : named(all, flags.connection);
    const json = stringifyLossless(file);
    await output.write(flags.json === true ? `${json}\n` : indented(json));
  });
}

/** `sluice state import FILE` */
export async function runStateImport(path: string, flags: StateImportFlags): Promise<number> {
  return runSession(flags, async (session) => {
    const advice = 'Give what `sluice state export` has printed. Nothing was changed.';
    const file = parseStateFile(await textOf(path), path === '-' ? 'stdin' : path, advice);
    const kept = flags.connection === undefined ? file : { ...file, connection: flags.connection };
    await using place = openArchive(flags.stateCache, { isWritten: true });
    await place.archive.restore(kept);
    if (flags.json === true) await printRows(rowsOf(kept), flags, session);
    session.reporter.note(`kept the state of ${kept.connection} in ${place.path}`);
  });
}

/** `sluice state clear` */
export async function runStateClear(flags: StateClearFlags): Promise<number> {
  return runSession(flags, async ({ output, reporter }) => {
    await using place = openArchive(flags.stateCache, { isWritten: true });
    for (const connection of await chosen(place.archive, flags, place.path)) {
      if (!(await place.archive.clear(connection as ConnectionId)))
        throw unknownConnection(await place.archive.saved(), connection);
      if (flags.json === true) await output.write(`${JSON.stringify({ cleared: connection })}\n`);
      reporter.note(`cleared the state of ${connection} in ${place.path}`);
    }
  });
}

/** Clearing is never guessed: the connections are named, or all of them are meant. */
async function chosen(
  archive: StateArchive,
  { connection = [], all = false }: StateClearFlags,
  path: string,
): Promise<readonly string[]> {
  const saved = await archive.saved();
  if (all && connection.length > 0) {
    throw new InputError('--all and --connection cannot both be given', {
      guidance: 'Name the connections to clear, or say --all.',
    });
  }
  if (all) return saved.map((one) => one.connection);
  if (connection.length > 0) return connection;
  throw new InputError('state clear needs a connection', {
    guidance: `Name it by --connection, or say --all. ${listOf(saved, path)}`,
  });
}

function named(saved: readonly SavedState[], name: string): SavedState {
  const found = saved.find(({ connection }) => connection === name);
  if (found !== undefined) return found;
  throw unknownConnection(saved, name);
}

function unknownConnection(saved: readonly SavedState[], name: string): InputError {
  const names = saved.map(({ connection }) => connection);
  const hint = didYouMean(name, names);
  return new InputError(`nothing is kept of connection ${name}${hint === undefined ? '' : `; ${hint}`}`, {
    guidance: names.length === 0 ? 'Nothing is kept there at all.' : `Kept are: ${names.join(', ')}.`,
    context: { connection: name },
  });
}

function onlyOne(saved: readonly SavedState[], path: string): SavedState {
  const [first] = saved;
  if (first !== undefined && saved.length === 1) return first;
  throw new InputError(
    first === undefined ? `nothing is kept in ${path}` : 'which connection is to be exported?',
    { guidance: first === undefined ? undefined : `Name it by --connection. ${listOf(saved, path)}` },
  );
}

function listOf(saved: readonly SavedState[], path: string): string {
  const names = saved.map(({ connection }) => connection);
  return names.length === 0 ? `Nothing is kept in ${path}.` : `Kept in ${path}: ${names.join(', ')}.`;
}

/** A row for each state; a connection that has none yet has one row all the same. */
function rowsOf({ connection, ends, saved_at, states }: SavedState): readonly Row[] {
  const known = {
    connection,
    source: ends?.source.name ?? null,
    destination: ends?.destination.name ?? null,
  };
  if (states.length === 0) return [{ ...known, stream: null, state: null, saved_at }];
  return states.map((state) => {
    const { stream, global, data } = state;
    const content = stream?.stream_state ?? global ?? data ?? null;
    const label = stream ? streamLabel(stream.stream_descriptor) : stateType(state).toLowerCase();
    return { ...known, stream: label, state: content, saved_at };
  });
}

async function textOf(path: string): Promise<string> {
  try {
    return (path === '-' ? await buffer(process.stdin) : await readFile(path)).toString();
  } catch (error) {
    throw storageFailure(error, `cannot read ${path}`);
  }
}
