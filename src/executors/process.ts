import { InputError } from '../errors.ts';
import type { ExecutionOptions, Executor, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import type { Environment } from './environment.ts';
import { findProgram } from './find-program.ts';
import { runProcess } from './run-process.ts';
import { Runs } from './runs.ts';

/** How a program of one's own is run as a connector. */
export interface ProcessOptions {
  /** A path, when it holds a slash; else a name on PATH. */
  readonly command: string;
  /** Put before the protocol's arguments. */
  readonly args?: readonly string[] | undefined;
  readonly env?: Environment | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/** Runs a connector that is an executable of this machine as a child process. */
export class ProcessExecutor implements Executor {
  readonly description: string;
  readonly #name: string;
  readonly #options: ProcessOptions;
  readonly #runs: Runs;

  constructor(name: string, options: ProcessOptions) {
    this.description = `the executable ${options.command}`;
    this.#name = name;
    this.#options = options;
    this.#runs = new Runs(name, options.env);
  }

  async prepare(): Promise<void> {
    await this.#file();
  }

  async install(): Promise<void> {
    throw this.#notOurs('install');
  }

  async uninstall(): Promise<void> {
    throw this.#notOurs('uninstall');
  }

  async version(): Promise<undefined> {
    return undefined;
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) => this.#run(invocation, running));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  async *#run(invocation: Invocation, running: ExecutionOptions): AsyncGenerator<readonly FlowItem[]> {
    const { args = [], env = {}, timeouts } = this.#options;
    yield* runProcess(
      {
        name: this.#name,
        file: await this.#file(),
        args,
        env,
        timeouts: { ...defaultTimeouts, ...timeouts },
      },
      invocation,
      running,
    );
  }

  #file(): Promise<string> {
    const { command, env } = this.#options;
    return findProgram(this.#name, command, { ...process.env, ...env });
  }

  #notOurs(verb: string): InputError {
    return new InputError(`${this.#name}: there is nothing to ${verb}: it runs as ${this.description}`, {
      guidance:
        'Sluice installs connectors that it runs from Python packages; a program of your own is yours.',
      context: { connector: this.#name },
    });
  }
}
