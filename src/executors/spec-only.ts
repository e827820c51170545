import { InputError } from '../errors.ts';
import type { ExecutionOptions, Executor, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import type { ConnectorSpecification } from '../protocol/spec.ts';
import { Runs } from './runs.ts';

interface SpecOnlyOptions {
  /** Where its spec comes from. */
  readonly load: () => Promise<ConnectorSpecification>;
  /** How it could be run after all. */
  readonly guidance?: string | undefined;
}

/** Knows a connector's spec and cannot run it: enough to validate and to edit a config. */
export class SpecOnlyExecutor implements Executor {
  readonly description = 'nothing: only its spec is known';
  readonly #name: string;
  readonly #options: SpecOnlyOptions;
  readonly #runs: Runs;

  constructor(name: string, options: SpecOnlyOptions) {
    this.#name = name;
    this.#options = options;
    this.#runs = new Runs(name);
  }

  async prepare(): Promise<void> {}

  async install(): Promise<void> {
    throw this.#cannot('install');
  }

  async uninstall(): Promise<void> {
    throw this.#cannot('uninstall');
  }

  async version(): Promise<undefined> {
    return undefined;
  }

  run({ command }: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, () => this.#run(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  async *#run(command: Invocation['command']): AsyncGenerator<readonly FlowItem[]> {
    if (command !== 'spec') throw this.#cannot(command);
    yield [{ type: 'SPEC', spec: await this.#options.load() }];
  }

  #cannot(command: string): InputError {
    return new InputError(`${this.#name}: cannot ${command}: only its spec is known (noExecutor)`, {
      guidance: this.#options.guidance ?? 'Leave out `noExecutor`, or name a way of running it.',
      context: { connector: this.#name, command },
    });
  }
}
