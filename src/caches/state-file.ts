import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { errnoOf, messageOf, StateDamagedError, storageFailure } from '../errors.ts';
import type { ConnectionEnds } from '../protocol/flow.ts';
import { indented } from '../protocol/json-indent.ts';
import { parseLossless, stringifyLossless } from '../protocol/lossless-json.ts';
import { type State, stateSchema } from '../protocol/state.ts';

const endSchema = z.object({ name: z.string(), via: z.string().optional(), config: z.unknown() });
const stateFileSchema = z.object({
  version: z.literal(1),
  connection: z.string(),
  ends: z.object({ source: endSchema, destination: endSchema }).optional(),
  sync_id: z.int().nonnegative(),
  saved_at: z.string(),
  streams: z.array(
    z.object({ name: z.string(), namespace: z.string().nullish(), generation_id: z.int().nonnegative() }),
  ),
  states: z.array(stateSchema),
});

/** What is kept of one connection. */
export interface StateFile {
  readonly version: 1;
  readonly connection: string;
  readonly ends?: ConnectionEnds | undefined;
  readonly sync_id: number;
  readonly saved_at: string;
  readonly streams: readonly {
    readonly name: string;
    readonly namespace?: string | null | undefined;
    readonly generation_id: number;
  }[];
  /** The payloads of STATE messages, as a source takes them with `--state`. */
  readonly states: readonly State[];
}

/** Reads a state file; undefined where there is none. */
export async function readStateFile(path: string): Promise<StateFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw storageFailure(error, `cannot read ${path}`);
  }
  return parseStateFile(text, path);
}

/** Replaces a state file: all of it or nothing, whenever the machine stops. */
export async function writeStateFile(path: string, content: StateFile): Promise<void> {
  const draft = `${path}.tmp`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(indented(stringifyLossless(content)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageFailure(error, `cannot save the state in ${path}`);
  }
}

/** Reads what was saved or `export` has printed; `path` names it in errors, and `advice` says what to do about one. */
export function parseStateFile(
  text: string,
  path: string,
  advice = `Repair ${path}, or delete it: this connection then starts anew and everything is read and sent again.`,
): StateFile {
  const damaged = (why: string, cause: unknown) =>
    new StateDamagedError(`${basename(path)}: the saved state is damaged (${why})`, {
      guidance: advice,
      context: { file: path },
      cause,
    });
  let parsed: unknown;
  try {
    parsed = parseLossless(text);
  } catch (cause) {
    throw damaged(messageOf(cause), cause);
  }
  const version = z.object({ version: z.number() }).safeParse(parsed);
  if (version.success && version.data.version > 1) {
    throw new StateDamagedError(
      `${path} was written by a newer Sluice (version ${version.data.version} of its format, this one reads 1)`,
      {
        guidance: 'Update Sluice, or delete the file to start this connection anew.',
        context: { file: path },
      },
    );
  }
  const checked = stateFileSchema.safeParse(parsed);
  if (!checked.success) {
    const [fault] = checked.error.issues;
    throw damaged(
      `${fault?.path.join('.') || 'the whole'}: ${fault?.message ?? 'not understood'}`,
      checked.error,
    );
  }
  // The schema's copy has forgotten how numbers were spelled; what was parsed has not.
  return parsed as StateFile;
}

/** A rename lasts only once the folder that knows the name is on disk. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no such thing.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
