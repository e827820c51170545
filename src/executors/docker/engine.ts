import type { Agent } from 'node:http';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import { NotRunnableError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import { loadClient } from './client.ts';
import { type Endpoint, findEndpoint, socketOf } from './endpoint.ts';
import { architectureOf } from './platform.ts';

/** A Docker engine (or Podman's, which speaks the same) that has answered. */
export interface Engine {
  readonly docker: Dockerode;
  readonly endpoint: Endpoint;
  /** As images say it: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Whether its containers run on the kernel that we run on: then a FIFO connects us. */
  readonly sharesKernel: boolean;
  /** Whether it may see our files at all: not when it is reached over a network. */
  readonly maySeeFiles: boolean;
  /** Root in a container is the user who runs the engine, who is we. */
  readonly isRootless: boolean;
  /** Users in containers are others than those outside, unless asked otherwise. */
  readonly mapsUsers: boolean;
  readonly labelsFiles: boolean;
}

/** Finds the engine and asks what it is. Throws what the connection throws. */
export async function openEngine(env: Environment = process.env): Promise<Engine> {
  const endpoint = await findEndpoint(env);
  const docker = await connect(endpoint);
  const info = infoSchema.parse(await docker.info());
  if (info.OSType !== undefined && info.OSType !== 'linux') {
    throw new NotRunnableError(`the Docker engine (${endpoint.from}) runs ${info.OSType} containers`, {
      guidance: 'Connectors are Linux images: switch it to Linux containers.',
    });
  }
  const has = (option: string) => info.SecurityOptions.some((one) => one.startsWith(`name=${option}`));
  const isLocal = socketOf(endpoint) !== undefined;
  const { release } = await import('node:os');
  return {
    docker,
    endpoint,
    architecture: architectureOf(info.Architecture),
    sharesKernel: isLocal && process.platform === 'linux' && info.KernelVersion === release(),
    maySeeFiles: isLocal,
    isRootless: has('rootless'),
    mapsUsers: has('userns'),
    labelsFiles: has('selinux'),
  };
}

/** Of what the engine says of itself, what bears on us; Podman leaves some of it out. */
const infoSchema = z.object({
  OSType: z.string().optional(),
  Architecture: z.string().default(''),
  KernelVersion: z.string().default(''),
  SecurityOptions: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
});

async function connect({ url, tls, ...endpoint }: Endpoint): Promise<Dockerode> {
  const Client = await loadClient();
  const socketPath = socketOf({ url, ...endpoint });
  // The client would otherwise take host, port and certificates from the environment by rules of its own.
  const none = { host: '', pathPrefix: '/', ca: undefined, cert: undefined, key: undefined };
  const open = (options: Dockerode.DockerOptions & { readonly agent?: Agent }) =>
    new Client({ ...none, ...options });
  if (socketPath !== undefined) return open({ protocol: 'http', socketPath });
  if (url.protocol === 'ssh:') {
    const { SshAgent } = await import('./ssh.ts');
    return open({ protocol: 'http', host: 'docker', port: 80, agent: new SshAgent(url) });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (tls === undefined && url.protocol !== 'https:') {
    return open({ protocol: 'http', host, port: url.port || 2375 });
  }
  const https = await import('node:https');
  const { ca, cert, key, isUnverified = false } = tls ?? {};
  const agent = new https.Agent({ ...given({ ca, cert, key }), rejectUnauthorized: !isUnverified });
  return open({ protocol: 'https', host, port: url.port || 2376, agent });
}

/** Without the fields that are undefined, which TLS would take for set. */
function given<Value>(fields: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
