import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, NotRunnableError, storageFailure } from '../errors.ts';
import type { ExecutionOptions, Executor, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import type { TraceError } from '../protocol/messages.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { type Environment, maskingSecretsOf } from './environment.ts';
import { injectManifest, withoutInjected } from './manifest/config.ts';
import type { Manifest } from './manifest/document.ts';
import { manifestFault, traceErrorIn } from './manifest/fault.ts';
import { componentsBeside, forgetManifest, openManifest } from './manifest/open.ts';
import { type ManifestPlace, placeLabel } from './manifest/place.ts';
import { versionHere } from './manifest/version.ts';
import { installPython } from './python/install.ts';
import { type PythonRequest, requestPython } from './python/request.ts';
import { findInstalled, type Installed } from './python/venv.ts';
import { runProcess } from './run-process.ts';
import { Runs } from './runs.ts';

/** What concerns the kit that runs manifests. */
export interface KitOptions {
  /** What pip installs as Airbyte's kit: `airbyte-cdk==7.39.1`, or a fork. Default: `airbyte-cdk`, one for all manifests. */
  readonly cdk?: string | undefined;
  /** Let it run the Python classes that it names: `true` for those in `components.py` beside it, or the path of their file. */
  readonly customComponents?: true | string | undefined;
}

/** How a declarative source is run. */
export interface ManifestOptions extends KitOptions {
  readonly place: ManifestPlace;
  /** The folder of installed connectors. Default: `.sluice/connectors`. */
  readonly installRoot?: string | undefined;
  readonly installIfMissing?: boolean | undefined;
  readonly env?: Environment | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/**
 * Runs a source that is declared in YAML, by the program that Airbyte made for these. All of them share one Python
 * environment, which is made when the first is asked for more than its spec.
 */
export class ManifestExecutor implements Executor {
  readonly description: string;
  readonly #name: string;
  readonly #options: ManifestOptions;
  readonly #timeouts: Timeouts;
  readonly #request: PythonRequest;
  readonly #runs: Runs;
  #opened: Manifest | undefined;

  constructor(name: string, options: ManifestOptions) {
    const { place, cdk = kit, installRoot, timeouts } = options;

    this.#name = name;
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    const digest = createHash('sha256').update(cdk).digest('hex').slice(0, 8);
    this.#request = requestPython(name, {
      pipUrl: cdk,
      installRoot,
      folder: cdk === kit ? kit : `${kit}-${digest}`,
      program: 'source-declarative-manifest',
    });
    this.description = `the manifest ${placeLabel(place)}, by ${this.#request.label}`;
    this.#runs = new Runs(name, options.env);
  }

  /** The manifest alone: what runs it is installed when it is asked for more than its spec. */
  async prepare(options: Partial<ExecutionOptions> = {}): Promise<void> {
    await this.#manifest(options);
  }

  /** Gets the manifest anew, if it was downloaded, and the newest version of what runs it. */
  async install(options: Partial<ExecutionOptions> = {}): Promise<void> {
    this.#opened = await this.#open(options, { renew: true });
    await installPython(this.#request, { ...this.#installing(options), renew: true });
  }

  /** Forgets a manifest that was downloaded. What runs it stays: other manifests share it. */
  async uninstall(): Promise<void> {
    const { place, installRoot } = this.#options;
    this.#opened = undefined;
    if (await forgetManifest(place, installRoot)) return;
    throw new InputError(`${this.#name}: there is nothing to uninstall: it runs as ${this.description}`, {
      guidance: 'What runs it is shared by all manifests; it lies in the folder of installed connectors.',
      context: { connector: this.#name },
    });
  }

  /** The version of the source, where the registry or a `metadata.yaml` beside the manifest tells it. */
  async version(): Promise<string | undefined> {
    return versionHere(this.#options.place, this.#options.installRoot);
  }

  run(invocation: Invocation, options: ExecutionOptions): Flow {
    return this.#runs.start(options, (running) => this.#run(invocation, running));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs[Symbol.asyncDispose]();
  }

  async *#run(invocation: Invocation, running: ExecutionOptions): AsyncGenerator<readonly FlowItem[]> {
    const manifest = await this.#manifest(running);
    if (invocation.command === 'spec') {
      yield [{ type: 'SPEC', spec: manifest.spec }];
      return;
    }
    const { env = {}, customComponents } = this.#options;
    const components = await this.#components(manifest, running);
    const { executable } = await this.#kitFor(manifest, running);
    const program = {
      name: this.#name,
      file: executable,
      args: [],
      env: customComponents === undefined ? env : { ...allowed, ...env },
      timeouts: this.#timeouts,
    };
    let first: TraceError | undefined;
    try {
      for await (const items of runProcess(
        program,
        injectManifest(invocation, manifest, components),
        running,
      )) {
        first ??= traceErrorIn(items);
        yield withoutInjected(items);
      }
    } catch (error) {
      const what = `${this.#name}: the manifest ${placeLabel(this.#options.place)}`;
      throw manifestFault(error, first, manifest, what);
    }
  }

  async #manifest(options: Partial<ExecutionOptions>): Promise<Manifest> {
    this.#opened ??= await this.#open(options, {});
    return this.#opened;
  }

  async #open(options: Partial<ExecutionOptions>, how: { readonly renew?: boolean }): Promise<Manifest> {
    const { place, customComponents } = this.#options;
    const manifest = await openManifest(place, { ...this.#fetching(options, how), ...how });
    const { customClasses } = manifest;
    if (customClasses.length > 0 && customComponents === undefined) {
      throw new InputError(
        `${this.#name}: its manifest runs Python of its own (${customClasses.join(', ')}), which was not allowed`,
        {
          guidance:
            'If you trust whoever wrote it, say manifest: { customComponents: true } for the components.py beside it, or the path of its file.',
          context: { connector: this.#name, classes: customClasses },
        },
      );
    }
    return manifest;
  }

  /** The Python that the manifest brings, as text. */
  async #components(
    { customClasses }: Manifest,
    options: Partial<ExecutionOptions>,
  ): Promise<string | undefined> {
    const { place, customComponents } = this.#options;
    if (customComponents === undefined) return undefined;
    if (customComponents !== true) {
      const file = resolve(customComponents);
      return readFile(file, 'utf8').catch((cause: unknown) => {
        throw storageFailure(cause, `${this.#name}: ${file} cannot be read`);
      });
    }
    const beside = await componentsBeside(place, this.#fetching(options, {}));
    if (beside !== undefined) return beside;
    if (!customClasses.some((name) => /(^|\.)components\.\w+$/.test(name))) return undefined;
    throw new InputError(`${this.#name}: there is no components.py beside its manifest`, {
      guidance: 'Give the path of the file: manifest: { customComponents: "./components.py" }.',
      context: { connector: this.#name, classes: customClasses },
    });
  }

  /** What runs it, at least as new as the manifest wants it, unless the user has chosen it. */
  async #kitFor({ version }: Manifest, options: ExecutionOptions): Promise<Installed> {
    const { cdk = kit, installIfMissing = true } = this.#options;
    const found = await findInstalled(this.#request);
    const suits = (one: Installed) => cdk !== kit || isAtLeast(one.version, version);
    if (found !== undefined && suits(found)) return found;
    if (!installIfMissing) {
      throw new NotRunnableError(
        found === undefined
          ? `${this.#name}: ${this.#request.label}, which runs manifests, is not installed`
          : `${this.#name}: its manifest needs ${kit} ${version}, and ${found.version} is installed`,
        { guidance: 'Call `install()`, or leave `installIfMissing` on.', context: { connector: this.#name } },
      );
    }
    const fresh = await installPython(this.#request, {
      ...this.#installing(options),
      renew: found !== undefined,
    });
    if (suits(fresh)) return fresh;
    throw new NotRunnableError(
      `${this.#name}: its manifest needs ${kit} ${version}, and the newest that could be installed is ${fresh.version}`,
      {
        guidance: `Is the version in the manifest right? To run it by ${fresh.version} all the same, say manifest: { cdk: "${kit}==${fresh.version}" }.`,
        context: { connector: this.#name, wanted: version, installed: fresh.version },
      },
    );
  }

  #fetching({ signal, log }: Partial<ExecutionOptions>, { renew = false }: { readonly renew?: boolean }) {
    const { installRoot, installIfMissing = true } = this.#options;
    const limitMs = Math.min(this.#timeouts.commandMs, longestDownloadMs);
    return { name: this.#name, installRoot, signal, log, limitMs, mayFetch: installIfMissing || renew };
  }

  #installing(options: Partial<ExecutionOptions>) {
    const { env = {} } = this.#options;
    return { ...maskingSecretsOf(env, options), env, timeouts: this.#timeouts };
  }
}

const kit = 'airbyte-cdk';

/** A manifest is a file of some hundred kilobytes at most. */
const longestDownloadMs = 30_000;

/** How Airbyte's kit is told that Python of the manifest's own may run. */
const allowed = { AIRBYTE_ENABLE_UNSAFE_CODE: 'true' };

function isAtLeast(version: string, wanted: string): boolean {
  const [own, other] = [version, wanted].map((one) =>
    (/^\d+(\.\d+)*/.exec(one)?.[0] ?? '').split('.').map(Number),
  );
  for (const [index, part] of (other ?? []).entries()) {
    const difference = (own?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
