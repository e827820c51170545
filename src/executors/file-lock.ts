import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { errnoOf } from '../errors.ts';
import { canTell, isRunning, ownIdentity, processIdentitySchema } from './process-identity.ts';

/** Who holds a lock, as its file says. */
const holderSchema = z.object({
  process: processIdentitySchema,
  since: z.string(),
  /** Differs for each time a lock is taken. */
  token: z.string(),
});
export type Holder = z.infer<typeof holderSchema>;

/** A lock that is held; disposing gives it back. */
export interface HeldLock extends AsyncDisposable {
  /** Whether it is still ours: who could not renew it for a minute, such as a suspended machine, may have lost it. */
  isOurs(): Promise<boolean>;
}

/**
 * Takes the lock that is the file at `path`, or says who holds it. A lock of a process that is gone is taken over:
 * whoever takes the second lock, named for that dead holder, may replace the first. A taker who dies in between leaves
 * that second lock to be taken over in the same way, so that no two ever replace the same holder's lock.
 */
export async function takeLock(path: string): Promise<HeldLock | Refusal> {
  const taken = await take(path);
  if (!('holder' in taken)) await sweep(path);
  return taken;
}

interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another holds it. */
  readonly onWait?: (() => void) | undefined;
}

/** Takes the lock as soon as nobody else holds it. Throws the signal's reason on an abort. */
export async function waitForLock(path: string, { signal, onWait }: WaitOptions = {}): Promise<HeldLock> {
  let waits = false;
  for (;;) {
    signal?.throwIfAborted();
    const taken = await takeLock(path);
    if (!('holder' in taken)) return taken;
    if (!waits) onWait?.();
    waits = true;
    // No event tells that a process which is not our child has ended.
    await pause(recheckMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Who holds the lock instead, where that can be read. */
interface Refusal {
  readonly holder: Holder | undefined;
}

async function take(path: string): Promise<HeldLock | Refusal> {
  const own: Holder = {
    process: await ownIdentity(),
    since: new Date().toISOString(),
    token: randomBytes(6).toString('hex'),
  };
  const draft = `${path}~${own.token}~new`;
  try {
    for (;;) {
      await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
      if (await placed(draft, path)) return held(path, own);
      const found = await readHolder(path);
      if (found === 'gone') continue;
      if (await isHeld(path, found)) return { holder: found };
      const turn = await take(`${path}~${found?.token ?? 'unreadable'}`);
      if ('holder' in turn) return turn;
      await using _ = turn;
      const now = await readHolder(path);
      if (now === 'gone' || now?.token !== found?.token) continue;
      if (!(await replaced(draft, path))) continue;
      return held(path, own);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes what takers of this lock have left who died on the way. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}~`;
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && traces.test(name));
  for (const name of names) {
    const left = join(folder, name);
    const holder = await readHolder(left);
    if (holder !== 'gone' && !(await isHeld(left, holder))) await rm(left, { force: true });
  }
}

const traces = /(~([0-9a-f]{12}|unreadable))+(~new)?$/;

/** A link is made with all that is in it or not at all, and never in the place of another. */
async function placed(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    // Gone is a draft that another taker swept away as it was just being written.
    if (errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function replaced(draft: string, path: string): Promise<boolean> {
  try {
    await rename(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function held(path: string, own: Holder): HeldLock {
  const isOurs = async () => {
    const now = await readHolder(path);
    return now !== 'gone' && now?.token === own.token;
  };
  const renew = async () => {
    const now = new Date();
    // Another's lock is not ours to keep alive.
    if (await isOurs()) await utimes(path, now, now);
  };
  const beat = setInterval(() => void renew().catch(() => {}), beatMs);
  beat.unref();
  return {
    isOurs,
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

/** Undefined for a lock that cannot be read: a crash of the whole machine can leave it empty. */
async function readHolder(path: string): Promise<Holder | undefined | 'gone'> {
  try {
    return holderSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isHeld(path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) return false;
  if (!(await isRunning(holder.process))) return false;
  if (await canTell(holder.process)) return true;
  // The processes of another container cannot be seen; its lock is renewed while it lives.
  const renewed = await stat(path).catch(() => undefined);
  return renewed === undefined || Date.now() - renewed.mtimeMs < 6 * beatMs;
}

const beatMs = 10_000;
const recheckMs = 200;
