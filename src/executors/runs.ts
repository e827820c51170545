import { StoppedError } from '../errors.ts';
import type { ExecutionOptions, Flow, FlowItem } from '../protocol/flow.ts';
import { type Environment, maskingSecretsOf } from './environment.ts';
import { keepingAlive } from './limit.ts';
import { stoppable } from './stoppable.ts';

type Items = readonly FlowItem[];

/** The runs of one executor that are under way. Disposing stops them and waits until nothing of them is left. */
export class Runs implements AsyncDisposable {
  readonly #name: string;
  readonly #env: Environment;
  readonly #open = new Map<object, Promise<void>>();
  #closing = new AbortController();

  /** `env` is what the connector is given besides the usual: secrets in it are masked in every run. */
  constructor(name: string, env: Environment = {}) {
    this.#name = name;
    this.#env = env;
  }

  /** A Flow that is stopped by its own signal, by leaving its loop, or with the executor. */
  start(options: ExecutionOptions, open: (options: ExecutionOptions) => AsyncGenerator<Items>): Flow {
    const either = AbortSignal.any([options.signal, this.#closing.signal]);
    return stoppable(
      either,
      (signal) => open({ ...maskingSecretsOf(this.#env, options), signal }),
      () => this.#begin(),
    );
  }

  /** Notes that a run has begun; what it answers is called when that is over. */
  #begin(): () => void {
    const run = {};
    let settle = () => {};
    this.#open.set(
      run,
      new Promise((resolve) => {
        settle = resolve;
      }),
    );
    return () => {
      this.#open.delete(run);
      settle();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#closing;
    this.#closing = new AbortController();
    closing.abort(new StoppedError(`${this.#name}: closed while it ran`));
    await keepingAlive(Promise.all(this.#open.values()));
  }
}
