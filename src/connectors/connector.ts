import { CallbackError, messageOf, ProtocolError, SluiceError, StoppedError } from '../errors.ts';
import type { Catalog } from '../protocol/catalog.ts';
import type {
  ConnectionEnd,
  ExecutionOptions,
  Executor,
  FlowItem,
  Invocation,
  ReadBackRequest,
} from '../protocol/flow.ts';
import type { ControlMessage } from '../protocol/messages.ts';
import { refuseTwins } from '../protocol/select-streams.ts';
import type { Config, ConnectorSpecification } from '../protocol/spec.ts';
import { mask, maskable, secretValues, withoutSecrets } from '../secrets.ts';
import { type Answer, type AnswerType, answerIn, isControl, refuseFailed } from './answer.ts';
import { lateLog } from './late-log.ts';
import type { ConnectorKind } from './options.ts';
import type { Resolution } from './resolve.ts';
import { unlessAborted } from './unless-aborted.ts';
import { type Upgrade, type UpgradeOptions, upgradeConnector } from './upgrade.ts';
import { invalid, validateConfig } from './validate-config.ts';

/** What every long call takes: a signal to stop it, and who hears what the connector logs meanwhile. */
export type CallOptions = Partial<Pick<ExecutionOptions, 'signal' | 'log'>>;

interface ConnectorSetup {
  readonly name: string;
  readonly kind: ConnectorKind;
  /** What it is run from, where the name does not tell. */
  readonly via?: string | undefined;
  readonly config: Config | undefined;
  readonly resolve: () => Promise<Resolution>;
  readonly onConfigChange: ((config: Config) => void | Promise<void>) | undefined;
}

/**
 * What a source and a destination have in common: one executor, found and made ready on first use, one config, and
 * the spec that the config must fit.
 */
export class Connector implements AsyncDisposable {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly #setup: ConnectorSetup;
  /** The config as the user gave it, and as the connector may have changed it since. */
  #given: Config;
  #config: Config;
  #validated: Config | undefined;
  #spec: ConnectorSpecification | undefined;
  /** Whether the spec is from an earlier run. */
  #isRemembered = false;
  #resolution: Promise<Resolution> | undefined;
  #isPrepared = false;
  #isToldHow = false;
  #secrets: readonly string[] = [];

  constructor(setup: ConnectorSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.kind = setup.kind;
    this.#given = setup.config ?? {};
    this.#config = this.#given;
  }

  get config(): Config {
    return this.#config;
  }

  setConfig(config: Config): void {
    this.#given = config;
    this.#config = config;
    this.#learnSecrets();
  }

  /** What tells this end of a connection from others; the config is as it was given, without its secrets. */
  async end(options: CallOptions): Promise<ConnectionEnd> {
    const { connectionSpecification } = await this.knownSpec(options);
    const { via } = this.#setup;
    const config = withoutSecrets(this.#given, connectionSpecification);
    return { name: this.name, ...(via === undefined ? {} : { via }), config };
  }

  /** In the connector's own words. It is asked once. */
  async spec(options: CallOptions): Promise<ConnectorSpecification> {
    if (this.#spec === undefined || this.#isRemembered) {
      const { spec } = await this.#ask({ command: 'spec' }, 'SPEC', options);
      this.#isRemembered = false;
      return this.#know(spec);
    }
    return this.#spec;
  }

  /** The same, or as it is remembered from an earlier run, where its executor can say that it still holds. */
  async knownSpec(options: CallOptions): Promise<ConnectorSpecification> {
    if (this.#spec !== undefined) return this.#spec;
    const { signal = never(), log = silent } = options;
    const remembered = await this.#open({ signal, log })
      .then((executor) => executor.rememberedSpec?.({ signal, log }))
      .catch((error: unknown) => {
        throw signal.aborted ? stoppedError(this.name, 'spec', signal) : error;
      });
    if (remembered === undefined) return this.spec(options);
    this.#isRemembered = true;
    return this.#know(remembered);
  }

  /** Refuses a config that does not fit the spec, naming every fault. */
  async validateConfig(options: CallOptions): Promise<void> {
    const spec = await this.knownSpec(options);
    const config = this.#config;
    if (this.#validated === config) return;
    const { connectionSpecification: schema } = spec;
    const { name } = this;
    const problems = await validateConfig(config, schema, { connector: name, log: options.log ?? silent });
    if (problems.length > 0 && this.#isRemembered) {
      // No config is refused on the word of a memory.
      await this.spec(options);
      return this.validateConfig(options);
    }
    if (problems.length > 0) throw invalid(name, problems, spec, this.#secrets);
    this.#validated = config;
  }

  /** Throws with the connector's own message unless it says that the config works. */
  async check(options: CallOptions): Promise<void> {
    await this.validateConfig(options);
    const { connectionStatus } = await this.#ask(
      { command: 'check', config: this.#config },
      'CONNECTION_STATUS',
      options,
      (answer) => refuseFailed(this.name, answer.connectionStatus, this.#secrets),
    );
    refuseFailed(this.name, connectionStatus, this.#secrets);
  }

  /** Asks for the catalog anew. */
  async discover(options: CallOptions): Promise<Catalog> {
    await this.validateConfig(options);
    const { catalog } = await this.#ask({ command: 'discover', config: this.#config }, 'CATALOG', options);
    refuseTwins(catalog, this.name);
    return catalog;
  }

  /** Runs one command. CONTROL messages are obeyed here and do not flow on. */
  async *run(
    invocation: Invocation,
    options: ExecutionOptions,
  ): AsyncGenerator<readonly FlowItem[], void, undefined> {
    const executor = await this.#open(options);
    const secrets = () => this.#secrets;
    const late = lateLog(options.log, secrets);
    try {
      for await (const items of executor.run(invocation, { ...options, log: late.log, secrets })) {
        if (!items.some(isControl)) {
          yield items;
          continue;
        }
        for (const item of items) if (isControl(item)) await this.#changeConfig(item);
        yield items.filter((item) => !isControl(item));
      }
      late.end();
    } finally {
      late.flush();
    }
  }

  /** The rows of a stream as they lie in a destination, where whoever runs there can say. */
  async readBack(request: ReadBackRequest) {
    return (await this.#resolved(request)).executor.readBack?.(this.#config, request);
  }

  async version(): Promise<string | undefined> {
    return (await this.#resolved({})).executor.version();
  }

  async install(options: CallOptions): Promise<void> {
    const { executor } = await this.#resolved(options);
    await executor.install({ ...options, secrets: () => this.#secrets });
  }

  async upgrade(options: UpgradeOptions): Promise<Upgrade> {
    const resolution = await this.#resolved(options);
    this.#isPrepared = false;
    return upgradeConnector(this.name, resolution, { ...options, secrets: () => this.#secrets });
  }

  async uninstall(options: CallOptions): Promise<void> {
    const { executor } = await this.#resolved(options);
    this.#isPrepared = false;
    await executor.uninstall({ ...options, secrets: () => this.#secrets });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const resolution = this.#resolution;
    this.#resolution = undefined;
    this.#isPrepared = false;
    if (resolution === undefined) return;
    const { executor } = await resolution;
    await executor[Symbol.asyncDispose]();
  }

  /** What there is to tell of it is told to the first who listens. */
  async #resolved({ signal, log = silent }: CallOptions): Promise<Resolution> {
    this.#resolution ??= this.#setup.resolve().catch((error: unknown) => {
      this.#resolution = undefined;
      throw error;
    });
    const resolution = await unlessAborted(this.#resolution, signal);
    if (!this.#isToldHow && log !== silent) {
      this.#isToldHow = true;
      for (const entry of resolution.notices) log(entry);
    }
    return resolution;
  }

  async #open(options: ExecutionOptions): Promise<Executor> {
    const { executor } = await this.#resolved(options);
    if (!this.#isPrepared) {
      await executor.prepare({ ...options, secrets: () => this.#secrets });
      this.#isPrepared = true;
    }
    return executor;
  }

  /** Runs a command that has one answer, and takes the first. The connector must also end well. */
  async #ask<Type extends AnswerType>(
    invocation: Invocation,
    type: Type,
    { signal = never(), log = silent }: CallOptions,
    onFailure?: (answer: Answer<Type>) => void,
  ): Promise<Answer<Type>> {
    let answer: Answer<Type> | undefined;
    try {
      for await (const items of this.run(invocation, { signal, log })) answer ??= answerIn(items, type);
    } catch (error) {
      if (signal.aborted) throw stoppedError(this.name, invocation.command, signal);
      // A connector that says what is wrong and then fails has said it best.
      if (answer !== undefined) onFailure?.(answer);
      throw error;
    }
    if (answer !== undefined) return answer;
    throw new ProtocolError(`${this.name}: ${invocation.command} ended without a ${type} message`, {
      guidance:
        'Is it an Airbyte-protocol connector? Run it by hand with the same command to see what it prints.',
      context: { connector: this.name, command: invocation.command, expected: type },
    });
  }

  /** The config in memory first, so that nothing runs with the old one, whatever the callback does. */
  async #changeConfig({ control }: ControlMessage): Promise<void> {
    const { config } = control.connectorConfig;
    this.#config = config;
    this.#validated = config;
    this.#learnSecrets();
    try {
      await this.#setup.onConfigChange?.(structuredClone(config));
    } catch (cause) {
      throw new CallbackError(
        mask(`${this.name}: onConfigChange failed: ${messageOf(cause)}`, this.#secrets),
        {
          guidance:
            'The connector has changed its config (a rotated token, say), and the new one may not be stored.',
          cause,
        },
      );
    }
  }

  #know(spec: ConnectorSpecification): ConnectorSpecification {
    this.#spec = spec;
    this.#learnSecrets();
    return spec;
  }

  /** Secrets once known stay masked: an old token may still be logged after it was rotated. */
  #learnSecrets(): void {
    if (this.#spec === undefined) return;
    const schema = this.#spec.connectionSpecification;
    const values = [...secretValues(this.#given, schema), ...secretValues(this.#config, schema)];
    this.#secrets = [...new Set([...this.#secrets, ...maskable(values)])].toSorted(
      (a, b) => b.length - a.length,
    );
  }
}

/** The error for a call that the caller's signal stopped. */
export function stoppedError(name: string, what: string, signal: AbortSignal): SluiceError {
  if (signal.reason instanceof SluiceError) return signal.reason;
  return new StoppedError(`${name}: ${what} was stopped`, { cause: signal.reason });
}

/** The signal of a call that nobody can stop. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** The log of a call that nobody listens to. */
export const silent = (): void => {};
