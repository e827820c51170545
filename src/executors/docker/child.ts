import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type Dockerode from 'dockerode';
import { ConnectorFailedError, NotRunnableError, type SluiceError } from '../../errors.ts';
import type { Child, Exit } from '../child.ts';
import { onKillAll } from '../kill-all.ts';
import { withinMs, withinMsIfAlive } from '../limit.ts';
import { type Outlet, pipeOutlet } from '../outlet.ts';
import { attachInput, attachStderr, attachStdout, type HeldOutput } from './attach.ts';
import type { ContainerLaunch, Created } from './create.ts';
import { type Endpoint, socketOf } from './endpoint.ts';
import type { Engine } from './engine.ts';
import { cannotBeStarted, dockerFailure, statusOf, wordsOf } from './failures.ts';
import { missingMark } from './fifos.ts';

interface Starting {
  readonly engine: Engine;
  readonly launch: ContainerLaunch;
  readonly graceMs: number;
  /** Takes over the removal of a container that has ended well, where nobody is to wait for that. */
  readonly removeLater?: ((removal: Promise<void>) => void) | undefined;
}

/** Starts a container that was made, as a child. Whatever fails on the way, the container is removed. */
export async function startContainer(
  created: Created,
  { engine, launch, graceMs, removeLater }: Starting,
): Promise<Child> {
  const { container, fifos } = created;
  const { name, image, signal } = launch;
  const spare = onKillAll(() => removeDetached(engine.endpoint, container.id));
  const remove = async () => {
    await removeContainer(container);
    spare();
  };
  let streams: Streams | undefined;
  let watch: Watch;
  try {
    streams = await connect(created, launch.stdin);
    signal.throwIfAborted();
    await container.start();
    watch = watchEnd(container, streams);
    if (fifos !== undefined) await fifos.opened(watch.exited);
  } catch (error) {
    await remove().catch(() => {});
    // An engine does not close what is attached to a container that never ran, and that would keep us alive.
    for (const stream of [streams?.stdin, streams?.stdout, streams?.stderr]) stream?.destroy();
    fifos?.[Symbol.dispose]();
    if (signal.aborted) throw signal.reason;
    const { endpoint } = engine;
    throw dockerFailure(error, { name, endpoint, image: image.reference.text, what: cannotBeStarted });
  }
  const { stdin, stdout, stderr, held } = streams;

  const endContainer = async () => {
    if (watch.exit === undefined) {
      await held?.release();
      await container.kill({ signal: 'SIGTERM' }).catch(ignoreEnded);
      await withinMs(graceMs, watch.waited);
    }
    // Of a lost engine that is told; what it leaves is removed at a later start.
    const removal = remove().catch((error: unknown) => {
      if (watch.lost === undefined) throw error;
    });
    if (watch.exit?.exitCode === 0 && removeLater !== undefined) removeLater(removal);
    else await removal;
    await withinMs(graceMs, watch.waited);
  };
  const end = async () => {
    try {
      await endContainer();
    } finally {
      for (const stream of [stdin, stdout, stderr]) stream?.destroy();
      fifos?.[Symbol.dispose]();
    }
  };
  let ending: Promise<void> | undefined;
  const stop = () => {
    ending ??= end();
    return ending;
  };
  return {
    stdin,
    stdout,
    stderr,
    get exit() {
      return watch.exit;
    },
    exited: watch.exited,
    stop,
    // All that it started ends with it.
    killRest() {},
    explain: (lines) => explain(engine, launch, watch, lines),
    [Symbol.asyncDispose]: stop,
  };
}

interface Streams {
  readonly stdin: Writable | null;
  readonly stdout: Outlet;
  readonly stderr: Readable;
  readonly held: HeldOutput | undefined;
}

/** Before it starts, so that nothing it says is missed. */
async function connect({ container, fifos }: Created, stdin: 'pipe' | 'ignore'): Promise<Streams> {
  const stderr = await attachStderr(container);
  if (fifos !== undefined) return { stdin: fifos.stdin, stdout: fifos.stdout, stderr, held: undefined };
  const held = await attachStdout(container);
  const input = stdin === 'pipe' ? await attachInput(container) : null;
  return { stdin: input, stdout: pipeOutlet(held.stdout), stderr, held };
}

/** What is known of the end of a container. */
interface Watch {
  readonly exit: Exit | undefined;
  readonly exited: Promise<Exit>;
  /** Settles when the container has ended, though its output may still be on its way. */
  readonly waited: Promise<unknown>;
  readonly isOutOfMemory: boolean;
  /** That the engine itself was lost. */
  readonly lost: unknown;
}

function watchEnd(container: Dockerode.Container, { stderr, held }: Streams): Watch {
  const attached = held?.stdout;
  let exit: Exit | undefined;
  let isOutOfMemory = false;
  let lost: unknown;
  const waited = waitFor(container, stderr).then(
    async ({ StatusCode }: { readonly StatusCode: number }) => {
      if (StatusCode === 0) return exitOf(StatusCode);
      const state = await container.inspect().then(
        ({ State }) => State,
        // We have removed it ourselves.
        () => undefined,
      );
      isOutOfMemory = state?.OOMKilled === true;
      return exitOf(StatusCode);
    },
    (error: unknown): Exit => {
      lost = error;
      return {};
    },
  );
  // What an engine hands on may come after it has told of the end; a pipe holds what was written.
  const delivered =
    attached === undefined
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          attached.once('close', resolve).once('end', resolve);
          attached.once('error', (error) => {
            lost ??= error;
          });
        });
  const exited = Promise.all([waited, delivered]).then(([how]) => {
    exit = how;
    return how;
  });
  return {
    get exit() {
      return exit;
    },
    exited,
    waited,
    get isOutOfMemory() {
      return isOutOfMemory;
    },
    get lost() {
      return lost;
    },
  };
}

/**
 * How it ends. The client never hears of an answer that breaks off, as when the engine is killed; but stderr then ends,
 * and who asks again is told either way.
 */
async function waitFor(
  container: Dockerode.Container,
  stderr: Readable,
): Promise<{ readonly StatusCode: number }> {
  let isAnswered = false;
  const answer = container.wait().finally(() => {
    isAnswered = true;
  });
  const closed = new Promise((resolve) => stderr.once('close', resolve));
  const again = closed.then(async () => {
    await withinMsIfAlive(answeredMs, answer);
    return isAnswered ? answer : container.wait();
  });
  return Promise.race([answer, again]);
}

/** An engine tells of the end at the same time as it ends the output. */
const answeredMs = 1_000;

/** An engine tells a signal as 128 and its number. */
function exitOf(code: number): Exit {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return signal === undefined ? { exitCode: code } : { signal: signal[0] };
}

/** Why it failed, where the exit code does not say it. */
function explain(
  engine: Engine,
  { name, image, options, args }: ContainerLaunch,
  { exit, lost, isOutOfMemory }: Watch,
  lines: readonly string[],
): SluiceError | undefined {
  const context = { connector: name, image: image.reference.text, stderr: [...lines] };
  const command = args[0] ?? '';
  if (lost !== undefined) {
    return new ConnectorFailedError(`${name}: ${command} failed: the connection to Docker was lost`, {
      guidance: 'Was the engine stopped or started anew? Run again: what was confirmed is kept.',
      context: { ...context, said: wordsOf(lost) },
      cause: lost,
    });
  }
  if (exit?.exitCode === 0) return undefined;
  if (isOutOfMemory) {
    const limit = options.memory === undefined ? '' : ` than its limit of ${options.memory}`;
    return new ConnectorFailedError(
      `${name}: ${command} failed: it needed more memory${limit} (out of memory)`,
      {
        guidance: 'Give it more by `docker: { memory }`, or read fewer streams at once.',
        context,
      },
    );
  }
  const found = lines.map((line) => notStarted.exec(line)).find((match) => match !== null);
  if (found === undefined || found === null) return undefined;
  const [, missing, program = missing ?? image.entrypoint[0] ?? '', tini, catatonit] = found;
  const reason = tini ?? catatonit ?? '';
  const { text, guidance } = obstacleOf(program, reason, image.architecture, engine.architecture);
  return new NotRunnableError(`${name}: the image ${image.reference.text} cannot be started: ${text}`, {
    guidance,
    context,
  });
}

/** What our shell says of a program that does not exist, and tini and catatonit of one that they could not start. */
const notStarted = new RegExp(
  `^(?:${missingMark}(\\S+)|\\[FATAL tini \\(\\d+\\)\\] exec (\\S+) failed: (.+)|ERROR \\(catatonit:\\d+\\): failed to exec pid1: (.+))$`,
);

function obstacleOf(
  program: string,
  reason: string,
  made: string,
  runs: string,
): { readonly text: string; readonly guidance: string } {
  // Of an image without a shell, tini says of a foreign program that it does not exist.
  if (/format error/i.test(reason) || made !== runs) {
    return {
      text: `it is made for another processor (${made}, the engine runs ${runs})`,
      guidance:
        'Name the platform of this machine by `docker: { platform }`, or install emulation (binfmt) in the engine.',
    };
  }
  if (/permission/i.test(reason)) {
    return {
      text: `its user may not run ${program}`,
      guidance: 'Run it as the user that it was made for: `docker: { user: "root" }`.',
    };
  }
  return {
    text: `its entrypoint ${program} does not exist`,
    guidance: 'The image is damaged, or no connector.',
  };
}

async function removeContainer(container: Dockerode.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    // It is gone, or just going: both are what is wanted.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  });
}

function ignoreEnded(error: unknown): void {
  // It has ended in the meantime; whatever else is wrong, removing it will say so.
  void error;
}

/** Has a process of its own remove the container, for who must be gone at once; by ssh and TLS the next start does it. */
function removeDetached(endpoint: Endpoint, id: string): void {
  const socketPath = socketOf(endpoint);
  if (socketPath === undefined) return;
  const request = { socketPath, method: 'DELETE', path: `/containers/${id}?force=1&v=1` };
  const script = 'require("node:http").request(JSON.parse(process.argv[1])).on("error",()=>{}).end()';
  spawn(process.execPath, ['-e', script, JSON.stringify(request)], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}
