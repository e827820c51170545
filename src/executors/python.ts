import { relative } from 'node:path';
import { NotRunnableError } from '../errors.ts';
import { homeFolder } from '../home.ts';
import type { ExecutionOptions, Executor, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { type Environment, maskingSecretsOf } from './environment.ts';
import { installPython, uninstallPython } from './python/install.ts';
import { type PythonRequest, requestPython } from './python/request.ts';
import { findInstalled, type Installed } from './python/venv.ts';
import { runProcess } from './run-process.ts';
import { Runs } from './runs.ts';

/** How a connector is run from a Python package. */
export interface PythonOptions {
  /** What is installed, as pip takes it: one or several requirements. Default: `airbyte-<name>`. */
  readonly pipUrl?: string | undefined;
  /** `true`: the python3 on PATH; `"3.11"`: that version; anything else: the path of an interpreter. */
  readonly usePython?: true | string | undefined;
  /** An exact version, or `"latest"`. */
  readonly version?: string | undefined;
  /** The folder of installed connectors. Default: `.sluice/connectors`. */
  readonly installRoot?: string | undefined;
  readonly installIfMissing?: boolean | undefined;
  readonly env?: Environment | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/** Runs a connector from a Python package, in a virtual environment of its own. */
export class PythonExecutor implements Executor {
  readonly #name: string;
  readonly #installIfMissing: boolean;
  readonly #env: Environment;
  readonly #timeouts: Timeouts;
  readonly #request: PythonRequest;
  readonly #runs: Runs;

  constructor(name: string, { installIfMissing = true, env = {}, timeouts, ...asked }: PythonOptions = {}) {
    this.#name = name;
    this.#installIfMissing = installIfMissing;
    this.#env = env;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    this.#request = requestPython(name, asked);
    this.#runs = new Runs(name, env);
  }

  get description(): string {
    const { installRoot = `${homeFolder()}/connectors`, label } = this.#request;
    return `Python, ${label} in ${relative('', installRoot) || '.'}`;
  }

  async prepare(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await this.#installed(options);
  }

  /** Installs it anew, the newest version unless one is pinned. */
  async install(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await installPython(this.#request, { ...this.#installing(options), renew: true });
  }

  async uninstall(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await uninstallPython(this.#request, this.#installing(options));
  }

  async version(): Promise<string | undefined> {
    return (await findInstalled(this.#request))?.version;
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) => this.#run(invocation, running));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  async *#run(invocation: Invocation, running: ExecutionOptions): AsyncGenerator<readonly FlowItem[]> {
    const { executable } = await this.#installed(running);
    yield* runProcess(
      { name: this.#name, file: executable, args: [], env: this.#env, timeouts: this.#timeouts },
      invocation,
      running,
    );
  }

  async #installed(options: Partial<ExecutionOptions>): Promise<Installed> {
    const found = await findInstalled(this.#request);
    if (found !== undefined) return found;
    if (this.#installIfMissing) return installPython(this.#request, this.#installing(options));
    throw new NotRunnableError(`${this.#name}: ${this.#request.label} is not installed`, {
      guidance: 'Call `install()`, or leave `installIfMissing` on.',
      context: { connector: this.#name, requirement: this.#request.label },
    });
  }

  #installing(options: Partial<ExecutionOptions>) {
    return { ...maskingSecretsOf(this.#env, options), env: this.#env, timeouts: this.#timeouts };
  }
}
