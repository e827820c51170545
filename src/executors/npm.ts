import { InputError, NotRunnableError } from '../errors.ts';
import type {
  ConnectorProgram,
  ExecutionOptions,
  Executor,
  Flow,
  FlowItem,
  Invocation,
} from '../protocol/flow.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { type Environment, maskingSecretsOf } from './environment.ts';
import { installNpm, type Library, refreshLibrary, uninstallNpm } from './npm/install.ts';
import { refusalIn } from './npm/no-connector.ts';
import { entryOf, findInProject, findInstalledNpm, type NpmPackage } from './npm/package.ts';
import { type NpmRequest, requestNpm } from './npm/request.ts';
import { runProcess } from './run-process.ts';
import { runProgram } from './run-program.ts';
import { Runs } from './runs.ts';

/** How the connector in a package is reached, by the URL of the file that an import of the package loads. */
export interface Loading {
  /** In this process. */
  readonly load: (entry: string, exported: string | undefined) => Promise<ConnectorProgram>;
  /** The arguments for this Node by which it serves the connector in a process of its own. */
  readonly serve: (entry: string, exported: string | undefined) => readonly string[];
  readonly library: Library;
}

/** How a connector is run from an npm package. */
export interface NpmOptions {
  /** `name`, `name@1.2.0`, a folder, a tarball, a URL, a repository; `#name` behind it says which export. */
  readonly package: string;
  /** An exact version, or `"latest"`. */
  readonly version?: string | undefined;
  /** Run it in this process rather than in one of its own. */
  readonly inProcess?: boolean | undefined;
  /** The folder of installed connectors. Default: `.sluice/connectors`. */
  readonly installRoot?: string | undefined;
  readonly installIfMissing?: boolean | undefined;
  readonly env?: Environment | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/** Runs a connector that was published as an npm package: that of the project, if it has it, else an installed one. */
export class NpmExecutor implements Executor {
  readonly description: string;
  readonly #name: string;
  readonly #options: NpmOptions;
  readonly #loading: Loading;
  readonly #env: Environment;
  readonly #timeouts: Timeouts;
  readonly #request: NpmRequest;
  readonly #runs: Runs;
  #program: Promise<ConnectorProgram> | undefined;
  /** Whether it was installed only because it was to be run. */
  #isNew = false;

  constructor(name: string, options: NpmOptions, loading: Loading) {
    this.#name = name;
    this.#options = options;
    this.#loading = loading;
    this.#env = options.env ?? {};
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#request = requestNpm(name, options);
    this.#runs = new Runs(name, options.env);
    const where = options.inProcess === true ? 'in this process' : 'in a process of its own';
    this.description = `the npm package ${this.#request.label}, ${where}`;
  }

  async prepare(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await this.#found(options);
  }

  /** Installs it anew, the newest version unless one is pinned. */
  async install(options: Partial<ExecutionOptions> = {}): Promise<void> {
    const own = await findInProject(this.#request);
    if (own !== undefined) throw this.#isTheirs('install', own);
    this.#program = undefined;
    await installNpm(this.#request, { ...this.#installing(options), renew: true });
  }

  async uninstall(options: Partial<ExecutionOptions> = {}): Promise<void> {
    const own = await findInProject(this.#request);
    if (own !== undefined) throw this.#isTheirs('uninstall', own);
    this.#program = undefined;
    await uninstallNpm(this.#request, this.#installing(options));
  }

  async version(): Promise<string | undefined> {
    return (await this.#here())?.version;
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) => this.#run(invocation, running));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  async *#run(invocation: Invocation, running: ExecutionOptions): AsyncGenerator<readonly FlowItem[]> {
    const { exported } = this.#request;
    const found = await this.#found(running);
    const entry = await entryOf(this.#request, found).catch((error: unknown) => this.#refuse(error, running));
    const [name, timeouts] = [this.#name, this.#timeouts];
    if (this.#options.inProcess === true) {
      const load = () => {
        this.#program ??= this.#loading
          .load(entry, exported)
          .catch((error: unknown) =>
            error instanceof InputError ? this.#refuse(error, running) : Promise.reject(error),
          );
        return this.#program;
      };
      yield* runProgram({ name, load, timeouts }, invocation, running);
      return;
    }
    const args = this.#loading.serve(entry, exported);
    const program = { name, file: process.execPath, args, env: this.#env, timeouts };
    try {
      yield* runProcess(program, invocation, running);
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      await this.#refuse(refusal, running);
    }
  }

  /** A package in which there is no connector does not stay if it was installed only now. */
  async #refuse(error: unknown, options: Partial<ExecutionOptions>): Promise<never> {
    this.#program = undefined;
    // That it cannot be removed is less than what is wrong with it.
    if (this.#isNew) await uninstallNpm(this.#request, this.#installing(options)).catch(() => {});
    this.#isNew = false;
    throw error;
  }

  async #here(): Promise<NpmPackage | undefined> {
    return (await findInProject(this.#request)) ?? (await findInstalledNpm(this.#request));
  }

  async #found(options: Partial<ExecutionOptions>): Promise<NpmPackage> {
    const here = await this.#here();
    if (here !== undefined) {
      if (!here.isOfProject) await refreshLibrary(here.root, this.#loading.library);
      return here;
    }
    if (this.#options.installIfMissing !== false) {
      const installed = await installNpm(this.#request, this.#installing(options));
      this.#isNew = installed.isNew === true;
      return installed;
    }
    throw new NotRunnableError(`${this.#name}: the npm package ${this.#request.label} is not installed`, {
      guidance: 'Call `install()`, or leave `installIfMissing` on.',
      context: { connector: this.#name, package: this.#request.label },
    });
  }

  #installing(options: Partial<ExecutionOptions>) {
    const { library } = this.#loading;
    return { ...maskingSecretsOf(this.#env, options), env: this.#env, timeouts: this.#timeouts, library };
  }

  #isTheirs(verb: string, { root }: NpmPackage): InputError {
    return new InputError(`${this.#name}: there is nothing to ${verb}: it is a package of this project`, {
      guidance: `Run npm ${verb} ${this.#request.label} in ${root}.`,
      context: { connector: this.#name, folder: root },
    });
  }
}
