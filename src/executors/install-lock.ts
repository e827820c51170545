import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf, storageError } from '../errors.ts';
import { isRunning, ownIdentity, processIdentitySchema } from './process-identity.ts';

interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another holds it. */
  readonly onWait?: () => void;
}

/** Waits until nobody else installs into a folder, and keeps others out until disposed. A dead holder does not count. */
export async function openInstallLock(
  folder: string,
  { signal, onWait = () => {} }: LockOptions = {},
): Promise<AsyncDisposable> {
  const path = `${folder}.lock`;
  let waits = false;
  while (!(await take(path))) {
    signal?.throwIfAborted();
    if (await isAbandoned(path)) {
      await breakLock(path);
      continue;
    }
    if (!waits) onWait();
    waits = true;
    // No event tells that a process which is not our child has ended.
    await pause(recheckMs, undefined, signal === undefined ? {} : { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

const recheckMs = 200;
const unsignedMs = 10_000;

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(await ownIdentity()), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    throw storageError(cause, `cannot write ${path}`);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    const holder = processIdentitySchema.parse(JSON.parse(text));
    return !(await isRunning(holder));
  } catch {
    // Taken a moment ago and not yet signed, or its holder died in between.
    return Date.now() - found.mtimeMs > unsignedMs;
  }
}

/**
 * Takes away the lock of a dead holder. Who breaks it holds a second one meanwhile: of two that found it abandoned,
 * the slower would else take away the lock that the faster has taken since.
 */
async function breakLock(path: string): Promise<void> {
  const second = `${path}.break`;
  if (!(await take(second))) {
    if (await isAbandoned(second)) await rm(second, { force: true });
    return;
  }
  try {
    if (!(await isAbandoned(path))) return;
    const away = `${path}.${process.pid}.dead`;
    await rename(path, away);
    await rm(away, { force: true });
  } finally {
    await rm(second, { force: true });
  }
}
