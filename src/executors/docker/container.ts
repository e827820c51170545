import { hostname } from 'node:os';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import { NotRunnableError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import type { Engine } from './engine.ts';
import type { ImageReference } from './image.ts';
import { bytesOf, type ContainerOptions } from './options.ts';

/** What an image says of itself, as far as it bears on running it. */
export interface Image {
  readonly reference: ImageReference;
  readonly id: string;
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly variables: readonly string[];
  readonly version: string | undefined;
  /** As images say it: `amd64`, `arm64`. */
  readonly architecture: string;
}

/** Reads what the engine knows of an image. One without an entrypoint is no connector. */
export function readImage(connector: string, reference: ImageReference, inspected: unknown): Image {
  const { Id, Config, Architecture } = imageSchema.parse(inspected);
  const entrypoint = typeof Config.Entrypoint === 'string' ? [Config.Entrypoint] : (Config.Entrypoint ?? []);
  if (entrypoint.length === 0) {
    throw new NotRunnableError(
      `${connector}: the image ${reference.text} has no ENTRYPOINT: it is no connector`,
      {
        guidance: 'The ENTRYPOINT of a connector takes `spec`, `check`, `discover`, `read` or `write`.',
        context: { connector, image: reference.text },
      },
    );
  }
  return {
    reference,
    id: Id,
    entrypoint,
    user: Config.User ?? '',
    variables: Config.Env ?? [],
    version: Config.Labels?.['io.airbyte.version'],
    architecture: Architecture,
  };
}

const imageSchema = z.object({
  Id: z.string(),
  Architecture: z.string().default(''),
  Config: z
    .object({
      Entrypoint: z.union([z.string(), z.array(z.string())]).nullish(),
      User: z.string().nullish(),
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish()
    .transform((config) => config ?? {}),
});

/** One run of an image. */
export interface ContainerRun {
  readonly connector: string;
  readonly image: Image;
  readonly options: ContainerOptions;
  /** Who it runs as; undefined leaves it to the image. */
  readonly user: string | undefined;
  readonly env: Environment;
  /** The command, its program first. */
  readonly command: readonly string[];
  readonly stdin: 'pipe' | 'ignore';
  /** The folders outside that it sees, or undefined where its engine cannot see them. */
  readonly mounts: { readonly workspace: string; readonly local: string } | undefined;
  readonly owner: ProcessIdentity;
}

/** The request for a container. It logs nowhere: the usual log driver would write each record to disk. */
export function describeContainer(engine: Engine, run: ContainerRun): Dockerode.ContainerCreateOptions {
  const { connector, image, options, user, stdin, command, mounts, owner } = run;
  const { network, extraHosts, memory, cpus, platform } = options;
  const limit = memory === undefined ? undefined : bytesOf(memory);
  const [program = '', ...args] = command;
  const mount = (Source: string, Target: string) => ({ Type: 'bind' as const, Source, Target });
  return {
    name: `sluice-${connector.replaceAll(/[^a-zA-Z0-9_.-]+/g, '-')}-${randomEnd()}`,
    ...(platform === undefined ? {} : { platform }),
    Image: image.id,
    Entrypoint: [program],
    Cmd: args,
    Env: variablesOf(run),
    ...(user === undefined ? {} : { User: user }),
    OpenStdin: stdin === 'pipe',
    StdinOnce: stdin === 'pipe',
    AttachStdin: stdin === 'pipe',
    AttachStdout: true,
    AttachStderr: true,
    Labels: { [ownerLabel]: JSON.stringify(owner), [hostLabel]: hostname(), [connectorLabel]: connector },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      LogConfig: { Type: 'none', Config: {} },
      Init: true,
      ...(network === undefined ? {} : { NetworkMode: network }),
      ...(extraHosts === undefined ? {} : { ExtraHosts: [...extraHosts] }),
      // Without the same limit for both, as much again could be swapped.
      ...(limit === undefined ? {} : { Memory: limit, MemorySwap: limit }),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      // Only so is who it runs as the one outside; what is copied belongs to those inside. The host's network asks for it.
      ...(engine.mapsUsers && (mounts !== undefined || network === 'host') ? { UsernsMode: 'host' } : {}),
      ...(engine.labelsFiles ? { SecurityOpt: ['label=disable'] } : {}),
      ...(mounts === undefined
        ? {}
        : { Mounts: [mount(mounts.workspace, workspaceInside), mount(mounts.local, localInside)] }),
    },
  };
}

/** Where a container sees the workspace, and the folder that connectors which write files expect. */
export const workspaceInside = '/sluice';
const localInside = '/local';

/** By these a container is told apart from those of others, and from those whose Sluice still runs. */
export const ownerLabel = 'sluice.owner';
export const hostLabel = 'sluice.host';
const connectorLabel = 'sluice.connector';

/**
 * What a connector gets in a container: of our environment only the proxies, and of those none that means this machine,
 * unless it shares its network.
 */
function variablesOf({ env, image, options, user }: ContainerRun): string[] {
  const proxies = Object.entries(process.env).filter(
    ([name, value]) =>
      /^(https?|all|no)_proxy$/i.test(name) &&
      (options.network === 'host' || /^no_/i.test(name) || !/localhost|127\.|\[::1\]/.test(value ?? '')),
  );
  // A user whom the image does not know would have the root folder as home, and could not write there.
  const hasHome =
    user === undefined || user.startsWith('0') || image.variables.some((one) => one.startsWith('HOME='));
  const all: Environment = {
    ...Object.fromEntries(proxies),
    ...(hasHome ? {} : { HOME: workspaceInside }),
    PYTHONUNBUFFERED: '1',
    ...env,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

function randomEnd(): string {
  return Math.random().toString(36).slice(2, 10).padEnd(8, '0');
}
