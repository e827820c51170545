import { InputError } from '../errors.ts';
import type {
  ConnectorProgram,
  ExecutionOptions,
  Executor,
  Flow,
  Invocation,
  ReadBackRequest,
} from '../protocol/flow.ts';
import type { Row } from '../protocol/messages.ts';
import type { Config } from '../protocol/spec.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { runProgram } from './run-program.ts';
import { Runs } from './runs.ts';

interface InProcessOptions {
  /** Called once, when the connector is first used. */
  readonly load: () => Promise<ConnectorProgram>;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/** Runs a connector written in TypeScript in this process. */
export class InProcessExecutor implements Executor {
  readonly description = 'TypeScript in this process';
  readonly #name: string;
  readonly #timeouts: Timeouts;
  readonly #load: () => Promise<ConnectorProgram>;
  readonly #runs: Runs;
  #program: Promise<ConnectorProgram> | undefined;

  constructor(name: string, { load, timeouts }: InProcessOptions) {
    this.#name = name;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    this.#load = load;
    this.#runs = new Runs(name);
  }

  async prepare(): Promise<void> {
    await this.#loaded();
  }

  async install(): Promise<void> {
    throw this.#notInstalled('install');
  }

  async uninstall(): Promise<void> {
    throw this.#notInstalled('uninstall');
  }

  async version(): Promise<string | undefined> {
    return (await this.#loaded()).version;
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) =>
      runProgram(
        { name: this.#name, load: () => this.#loaded(), timeouts: this.#timeouts },
        invocation,
        running,
      ),
    );
  }

  async readBack(config: Config, request: ReadBackRequest): Promise<AsyncIterable<Row> | undefined> {
    return (await this.#loaded()).readBack?.(config, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  #loaded(): Promise<ConnectorProgram> {
    this.#program ??= this.#load();
    return this.#program;
  }

  #notInstalled(verb: string): InputError {
    return new InputError(`${this.#name}: there is nothing to ${verb}: it runs as ${this.description}`, {
      context: { connector: this.#name },
    });
  }
}
