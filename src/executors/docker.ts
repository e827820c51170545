import { NotRunnableError } from '../errors.ts';
import type { ExecutionOptions, Executor, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import type { ConnectorSpecification } from '../protocol/spec.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { startContainer } from './docker/child.ts';
import { type Image, readImage, workspaceInside } from './docker/container.ts';
import { createContainer, type Learnt } from './docker/create.ts';
import { findEndpoint } from './docker/endpoint.ts';
import { type Engine, openEngine } from './docker/engine.ts';
import { cannotBeStarted, dockerFailure, statusOf } from './docker/failures.ts';
import { type ImageReference, imageOf } from './docker/image.ts';
import type { ContainerOptions } from './docker/options.ts';
import { pullImage } from './docker/pull.ts';
import { keepingSpec, recallSpec, type SpecOwner } from './docker/spec-memory.ts';
import { sweepContainers } from './docker/sweep.ts';
import { earlyInput } from './early-input.ts';
import type { Environment } from './environment.ts';
import { nothingToUninstall } from './install-lock.ts';
import { type ChildRun, runChild } from './run-child.ts';
import { Runs } from './runs.ts';

/** How a connector is run from an image. */
export interface DockerOptions extends ContainerOptions {
  /** An image; `true` means Airbyte's of that name. */
  readonly image: true | string;
  /** The tag, where the image names none. Default: `latest`. */
  readonly version?: string | undefined;
  readonly env?: Environment | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/** Runs a connector in containers of a Docker engine, one for each command. */
export class DockerExecutor implements Executor {
  readonly description: string;
  readonly #name: string;
  readonly #reference: ImageReference;
  readonly #options: ContainerOptions;
  readonly #env: Environment;
  readonly #timeouts: Timeouts;
  readonly #runs: Runs;
  readonly #learnt: Learnt = { seesFiles: true, shells: new Map(), users: new Map() };
  readonly #told = new Set<string>();
  /** Of containers that have answered and ended: what comes next need not wait until they are gone. */
  readonly #removals = new Set<Promise<void>>();
  #engine: Promise<Engine> | undefined;
  #image: Promise<Image> | undefined;

  constructor(name: string, { image, version, env = {}, timeouts, ...options }: DockerOptions) {
    this.#reference = imageOf(name, { image, version });
    this.description = `the Docker image ${this.#reference.text}`;
    this.#name = name;
    this.#options = options;
    this.#env = env;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    this.#runs = new Runs(name, env);
  }

  async prepare(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await this.#ready(options);
  }

  /** Pulls the image, also when there is one of that name: its tag may mean another by now. */
  async install(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await this.#pull(await this.#open(), options);
    this.#image = undefined;
    await this.#ready(options);
  }

  /** Removes the image from the engine. */
  async uninstall(): Promise<void> {
    const engine = await this.#open();
    this.#image = undefined;
    try {
      await engine.docker.getImage(this.#reference.text).remove();
    } catch (error) {
      if (statusOf(error) === 404) throw nothingToUninstall(this.#name, `the image ${this.#reference.text}`);
      throw this.#failure(engine, error, 'cannot be removed');
    }
  }

  async version(): Promise<string | undefined> {
    const { version, reference } = await this.#ready({});
    return version ?? (/^\d/.test(reference.tag) ? reference.tag : undefined);
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) => this.#run(invocation, running));
  }

  async rememberedSpec(options: Partial<ExecutionOptions> = {}): Promise<ConnectorSpecification | undefined> {
    return recallSpec(this.#specOwner(await this.#ready(options)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
    await Promise.all(this.#removals);
  }

  async *#run(invocation: Invocation, running: ExecutionOptions): AsyncGenerator<readonly FlowItem[]> {
    running.signal.throwIfAborted();
    const image = await this.#ready(running);
    const engine = await this.#open();
    // Both containers of a write take a while to start: they can do so side by side.
    const early = invocation.command === 'write' ? earlyInput(invocation.input) : undefined;
    try {
      const said = runChild(
        {
          name: this.#name,
          timeouts: this.#timeouts,
          seenAs: (file) => `${workspaceInside}/${file.split(/[/\\]/).at(-1)}`,
          start: (run) => {
            early?.begin();
            return this.#start({ engine, image, mayLinger: !movesRecords(invocation) }, run, running);
          },
        },
        invocation.command === 'write' && early !== undefined
          ? { ...invocation, input: early.flow }
          : invocation,
        running,
      );
      yield* invocation.command === 'spec' ? keepingSpec(this.#specOwner(image), said) : said;
    } finally {
      early?.leave();
      if (movesRecords(invocation)) await Promise.all(this.#removals);
    }
  }

  async #start({ engine, image, mayLinger }: Startable, run: ChildRun, running: ExecutionOptions) {
    const launch = { ...run, name: this.#name, image, options: this.#options, env: this.#env };
    const created = await createContainer(engine, launch, this.#learnt).catch((error: unknown) => {
      throw this.#failure(engine, error, cannotBeStarted);
    });
    const way = created.fifos === undefined ? 'attached to its engine' : 'through named pipes';
    const why = created.whyCopies === undefined ? '' : `; ${created.whyCopies}, so /local is not kept`;
    this.#tell(running, `runs ${this.description} ${way}${why}`);
    const removeLater = mayLinger ? (removal: Promise<void>) => this.#removeLater(removal) : undefined;
    return startContainer(created, { engine, launch, graceMs: this.#timeouts.graceMs, removeLater });
  }

  #removeLater(removal: Promise<void>): void {
    // What is wrong with the engine is told by what comes next; what is left behind is removed at the next start.
    const removed = removal.catch(() => {}).finally(() => this.#removals.delete(removed));
    this.#removals.add(removed);
  }

  #specOwner(image: Image): SpecOwner {
    return { image, platform: this.#options.platform, env: this.#env };
  }

  /** The image, which is pulled if it is missing. Asked once, and again after a failure. */
  #ready(options: Partial<ExecutionOptions>): Promise<Image> {
    this.#image ??= this.#find(options).catch((error: unknown) => {
      this.#image = undefined;
      throw error;
    });
    return this.#image;
  }

  async #find(options: Partial<ExecutionOptions>): Promise<Image> {
    const engine = await this.#open();
    const { pull = 'missing' } = this.#options;
    if (pull === 'always') await this.#pull(engine, options);
    const inspect = () => engine.docker.getImage(this.#reference.text).inspect();
    try {
      return readImage(this.#name, this.#reference, await inspect());
    } catch (error) {
      if (statusOf(error) !== 404) throw this.#failure(engine, error, 'cannot be looked at');
    }
    if (pull !== 'missing') {
      throw new NotRunnableError(`${this.#name}: the image ${this.#reference.text} is not here`, {
        guidance: `Pull it: docker pull ${this.#reference.text}, or leave \`pull: "never"\` out.`,
        context: { connector: this.#name, image: this.#reference.text },
      });
    }
    await this.#pull(engine, options);
    return readImage(this.#name, this.#reference, await inspect());
  }

  async #pull(engine: Engine, options: Partial<ExecutionOptions>): Promise<void> {
    const { platform } = this.#options;
    await pullImage(engine, this.#reference, {
      name: this.#name,
      platform,
      limitMs: this.#timeouts.installMs,
      options,
    });
  }

  #open(): Promise<Engine> {
    this.#engine ??= this.#connect().catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return this.#engine;
  }

  async #connect(): Promise<Engine> {
    try {
      const engine = await openEngine();
      this.#learnt.seesFiles = engine.maySeeFiles;
      await sweepContainers(engine);
      return engine;
    } catch (error) {
      const endpoint = await findEndpoint();
      throw dockerFailure(error, {
        name: this.#name,
        endpoint,
        image: this.#reference.text,
        what: cannotBeStarted,
      });
    }
  }

  #failure({ endpoint }: Engine, error: unknown, what: string) {
    return dockerFailure(error, { name: this.#name, endpoint, image: this.#reference.text, what });
  }

  #tell({ log }: ExecutionOptions, message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    log({ level: 'INFO', message, connector: this.#name });
  }
}

/** What a container is made from. */
interface Startable {
  readonly engine: Engine;
  readonly image: Image;
  /** Whether nobody needs to wait until it is gone. */
  readonly mayLinger: boolean;
}

function movesRecords({ command }: Invocation): boolean {
  return command === 'read' || command === 'write';
}
