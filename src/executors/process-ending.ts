import {
  DeliveryError,
  messageOf,
  NotRunnableError,
  type SluiceError,
  type StalledError,
} from '../errors.ts';
import type { Child, Exit } from './child.ts';
import type { Feed } from './feed.ts';
import { type StderrTail, tellingLine } from './stderr.ts';
import type { Verdict } from './verdict.ts';

/** All that is known of a run that has ended. */
interface Ended {
  readonly name: string;
  readonly child: Child;
  readonly exit: Exit;
  readonly verdict: Verdict;
  readonly stderr: StderrTail;
  readonly input: Feed | undefined;
  readonly overstayed: StalledError | undefined;
  /** A last line that was cut off: of a connector that ended well that is the failure, else what follows from it. */
  readonly cutOff: SluiceError | undefined;
}

/** Throws unless the run has ended well; what failed first is thrown first. */
export function judge({ name, child, exit, verdict, stderr, input, overstayed, cutOff }: Ended): void {
  if (input?.failure !== undefined) throw input.failure.error;
  if (stderr.failure !== undefined) throw stderr.failure.error;
  if (overstayed !== undefined) throw overstayed;
  const known = child.explain?.(stderr.lines);
  if (known !== undefined) throw known;
  const obstacle = 'cause' in exit ? messageOf(exit.cause) : notStarted.exec(stderr.lines.at(-1) ?? '')?.[1];
  if (obstacle !== undefined) {
    throw new NotRunnableError(`${name}: cannot be started: ${obstacle}`, {
      guidance: 'Does the interpreter exist that its first line names?',
      context: { connector: name, ...exit },
    });
  }
  const { exitCode, signal } = exit;
  const context = { ...exit, stderr: [...stderr.lines] };
  const reason = tellingLine(stderr.lines);
  if (signal !== undefined) {
    throw verdict.failure({ how: `killed by ${signal}`, reason, guidance: adviceOn(signal), context });
  }
  if (exitCode !== 0) {
    const guidance = exitCode === undefined ? undefined : adviceOn(signalOf(exitCode));
    throw verdict.failure({ how: `exit code ${exitCode}`, reason, guidance, context });
  }
  if (verdict.errors.length > 0) {
    throw verdict.failure({ how: 'exit code 0, but it reported this error', context });
  }
  if (cutOff !== undefined) throw cutOff;
  if (input !== undefined && !input.isDelivered) {
    throw new DeliveryError(`${name}: exited before it had taken all records (exit code 0)`, {
      guidance: 'It ended without an error while there was more to write: its own log may tell why.',
      context: { connector: name, command: 'write', ...context },
    });
  }
}

/** What setpriv says of a program that it could not start for us. */
const notStarted = /^setpriv: failed to execute (.+)$/;

/** A shell reports a signal of its child as 128 and the signal's number. */
function signalOf(exitCode: number): string | undefined {
  if (exitCode === 137) return 'SIGKILL';
  return exitCode === 143 ? 'SIGTERM' : undefined;
}

function adviceOn(signal: string | undefined): string | undefined {
  if (signal === 'SIGKILL') {
    return 'Sluice did not kill it. Most likely the system did because memory ran out: give it more, or fewer streams at once.';
  }
  return signal === 'SIGTERM' ? 'Sluice did not stop it: something else on this machine did.' : undefined;
}
