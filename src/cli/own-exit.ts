import { writeSync } from 'node:fs';
import { killAllNow } from '../executors/kill-all.ts';
import { exitCodes } from './exit-codes.ts';

let isOurs = false;

/** Ends this process with a code of ours. */
export function exitNow(code: number): never {
  isOurs = true;
  process.exit(code);
}

/**
 * Tells of any other end, and makes it a failure: the code of a connector runs in this process, and may end it, or have us
 * wait for what never comes.
 */
export function tellOtherEnds(): void {
  let isIdle = false;
  process.on('beforeExit', () => {
    isIdle = true;
  });
  process.on('exit', (code) => {
    if (isOurs) return;
    killAllNow();
    const [message, guidance] = isIdle ? waitsForever : endedByOthers(code);
    try {
      writeSync(2, `sluice: ${message}\n${guidance}\n`);
    } catch {
      // Nobody reads it any more.
    }
    process.exitCode = exitCodes.failed;
  });
}

const waitsForever = [
  'ended in the middle: it waits for what never comes',
  "Look for an await in a connector's file, or a promise of it, that never settles.",
] as const;

function endedByOthers(code: number | string): readonly [string, string] {
  return [
    `ended in the middle: the code of a connector has called process.exit(${code})`,
    'Have it throw an error instead, or return.',
  ];
}
