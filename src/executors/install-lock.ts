import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StalledError, storageError } from '../errors.ts';
import { openHomeFolder } from '../home.ts';
import { spokenMs, type Timeouts } from '../protocol/timeouts.ts';
import { type HeldLock, waitForLock } from './file-lock.ts';
import { afterMs } from './limit.ts';

interface WaitOptions {
  readonly timeouts: Timeouts;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: () => void;
}

/** Keeps other installations into a folder out; waits for one that is under way, as long as one may take. */
export async function lockInstallation(
  name: string,
  folder: string,
  { signal, timeouts: { installMs }, onWait }: WaitOptions,
): Promise<HeldLock> {
  const limit = new AbortController();
  const off = afterMs(installMs, () =>
    limit.abort(
      new StalledError(`${name}: another installation of it did not end within ${spokenMs(installMs)}`, {
        guidance: `Raise \`timeouts.installMs\`, or, if nobody is installing it, remove ${folder}.lock.`,
        context: { connector: name, lock: `${folder}.lock` },
      }),
    ),
  );
  const either = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  try {
    return await waitForLock(`${folder}.lock`, { signal: either, onWait });
  } catch (error) {
    throw storageError(error, `${name}: cannot lock ${folder}`);
  } finally {
    off();
  }
}

interface Root {
  readonly name: string;
  readonly installRoot: string | undefined;
}

/** Makes the folder of installed connectors, in which a connector's own folder lies. */
export async function makeInstallRoot({ name, installRoot }: Root, folder: string): Promise<void> {
  const make =
    installRoot === undefined
      ? openHomeFolder('connectors')
      : mkdir(installRoot, { recursive: true, mode: 0o700 });
  await make.catch((cause: unknown) => {
    throw storageError(cause, `${name}: cannot make ${dirname(folder)}`);
  });
}
