import { StalledError } from '../errors.ts';
import type { LogSink } from '../protocol/log.ts';
import { spokenMs } from '../protocol/timeouts.ts';
import { lingerMs, startChild } from './child.ts';
import type { Environment } from './environment.ts';
import { afterMs, withinMs } from './limit.ts';
import { readOutput } from './output.ts';
import { withoutCredentials } from './python/request.ts';
import { drainStderr } from './stderr.ts';
import { openWorkspace } from './workspace.ts';

/** Runs the tools that installing takes: python, pip, uv. */
export interface Tools extends AsyncDisposable {
  readonly env: Environment;
  run(file: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult>;
  /** Writes a file that only this user can read, and that is gone with the tools; answers its path. */
  writeFile(name: string, text: string): Promise<string>;
}

interface ToolOptions {
  /** Keep what it says out of the log. */
  readonly quiet?: boolean;
}

interface ToolResult {
  readonly isOk: boolean;
  /** In words: `exit code 1`. */
  readonly how: string;
  readonly stdout: string;
  /** The last lines of what it said, on whichever output. */
  readonly lines: readonly string[];
}

interface ToolsOptions {
  readonly name: string;
  readonly env: Environment;
  readonly log: LogSink;
  readonly mask: (text: string) => string;
  readonly signal: AbortSignal | undefined;
  /** For all runs together. */
  readonly limitMs: number;
  readonly graceMs: number;
}

/** Opens the tools for one installation: they end when the signal aborts or when the time is up. */
export async function openTools({
  name,
  env,
  log,
  mask,
  signal,
  limitMs,
  graceMs,
}: ToolsOptions): Promise<Tools> {
  const workspace = await openWorkspace();
  const limit = new AbortController();
  const off = afterMs(limitMs, () =>
    limit.abort(
      new StalledError(`${name}: the installation did not end within ${spokenMs(limitMs)}`, {
        guidance: 'Raise `timeouts.installMs` if the network is slow.',
        context: { connector: name },
      }),
    ),
  );
  const either = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);

  const run = async (file: string, args: readonly string[], { quiet = false }: ToolOptions = {}) => {
    either.throwIfAborted();
    await using child = await startChild({
      file,
      args,
      env,
      stdin: 'ignore',
      workspace: workspace.folder,
      graceMs,
    });
    const stop = () => void child.stop().catch(() => {});
    either.addEventListener('abort', stop, { once: true });
    const tell = (text: string) => {
      const message = mask(withoutCredentials(text));
      if (!quiet) log({ level: 'DEBUG', message, connector: name, origin: 'stderr' });
      return message;
    };
    try {
      const said = drainStderr(child.stderr, tell);
      const chunks: Uint8Array[] = [];
      const out = drainStderr(kept(readOutput(child, either), chunks), tell);
      await out.ended;
      const { exitCode, signal: killedBy, cause } = await child.exited;
      // Something that it has started may hold its stderr open.
      await withinMs(lingerMs, said.ended);
      either.throwIfAborted();
      return {
        isOk: exitCode === 0,
        how: howOf(exitCode, killedBy, cause),
        stdout: Buffer.concat(chunks).toString(),
        lines: [...out.lines, ...said.lines],
      };
    } finally {
      either.removeEventListener('abort', stop);
    }
  };

  return {
    env,
    run,
    writeFile: workspace.write,
    async [Symbol.asyncDispose]() {
      off();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

async function* kept(bytes: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    chunks.push(chunk);
    yield chunk;
  }
}

function howOf(exitCode: number | undefined, signal: string | undefined, cause: unknown): string {
  if (signal !== undefined) return `killed by ${signal}`;
  if (exitCode !== undefined) return `exit code ${exitCode}`;
  return `cannot be started: ${String(cause)}`;
}
