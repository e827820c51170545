import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf, InputError, NotRunnableError } from '../../errors.ts';
import type { Environment } from '../environment.ts';

/** Where a Docker engine is reached. */
export interface Endpoint {
  /** `unix:///var/run/docker.sock`, `npipe://…`, `tcp://host:2376`, `ssh://user@host`. */
  readonly url: URL;
  /** Who says so, for errors: `DOCKER_HOST`, `the Docker context "prod"`. */
  readonly from: string;
  readonly tls?: Tls | undefined;
}

/** What an engine and we prove to each other who we are by. */
export interface Tls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Not to be checked whether it is the engine that it says it is. */
  readonly isUnverified: boolean;
}

/** The file of a unix socket or a Windows pipe, where the engine is reached by one. */
export function socketOf({ url }: Endpoint): string | undefined {
  if (url.protocol === 'unix:') return decodeURIComponent(url.pathname) || defaultSocket;
  // A URL has no place for the dot in `//./pipe/docker_engine`.
  return url.protocol === 'npipe:' ? `//./pipe/${url.pathname.split('/').at(-1)}` : undefined;
}

/**
 * The engine that `docker` itself would use: DOCKER_HOST, else DOCKER_CONTEXT, else the current context, else the
 * socket of this machine. Where that is missing, the sockets of rootless Docker, Docker Desktop and Podman.
 */
export async function findEndpoint(env: Environment = process.env): Promise<Endpoint> {
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '') {
    return { url: parseHost(host, 'DOCKER_HOST'), from: 'DOCKER_HOST', tls: await tlsOfEnvironment(env) };
  }
  const context = env['DOCKER_CONTEXT'] || (await readDockerConfig(env)).currentContext;
  if (context !== undefined && context !== '' && context !== 'default') return ofContext(context, env);
  if (process.platform === 'win32') {
    return { url: new URL('npipe:////./pipe/docker_engine'), from: 'the default' };
  }
  const candidates = socketsOf(env);
  const socket = candidates.find((path) => existsSync(path)) ?? defaultSocket;
  return { url: new URL(`unix://${socket}`), from: 'the default' };
}

/** `~/.docker`, or where DOCKER_CONFIG says. */
function dockerFolder(env: Environment): string {
  return env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
}

/** The part of Docker's own config that bears on where engines are and how registries are signed in to. */
export async function readDockerConfig(env: Environment = process.env): Promise<DockerConfig> {
  const file = join(dockerFolder(env), 'config.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (cause) {
    // The cause is left out: what it quotes may be a password.
    throw new InputError(`${file} cannot be read as Docker's config`, {
      guidance: 'Correct it, or point DOCKER_CONFIG at another folder.',
      context: {
        file,
        problem: cause instanceof SyntaxError ? 'it is not JSON' : 'a field has the wrong type',
      },
    });
  }
}

const configSchema = z.object({
  currentContext: z.string().optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
});
type DockerConfig = z.infer<typeof configSchema>;

function parseHost(host: string, from: string): URL {
  const text = host.includes('://') ? host : `tcp://${host}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault = faultOf(url);
  if (url !== undefined && fault === undefined) return url;
  throw new InputError(`${from} does not name a Docker engine: ${fault}`, {
    guidance: 'Write unix:///path/docker.sock, tcp://host:2376 or ssh://user@host.',
  });
}

function faultOf(url: URL | undefined): string | undefined {
  if (url === undefined) return 'it is no URL';
  if (['unix:', 'npipe:'].includes(url.protocol)) return undefined;
  if (!['tcp:', 'http:', 'https:', 'ssh:'].includes(url.protocol)) return url.protocol;
  return url.hostname === '' ? `${url.protocol}// without a host` : undefined;
}

async function tlsOfEnvironment(env: Environment): Promise<Tls | undefined> {
  const folder = env['DOCKER_CERT_PATH'];
  const isVerified = (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  if (!isVerified && (folder === undefined || folder === '')) return undefined;
  return { ...(await readCertificates(folder || dockerFolder(env))), isUnverified: false };
}

async function readCertificates(folder: string): Promise<Omit<Tls, 'isUnverified'>> {
  const read = (name: string) =>
    readFile(join(folder, name)).catch((cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return undefined;
      throw new NotRunnableError(`Docker's certificate ${join(folder, name)} cannot be read`, { cause });
    });
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  return { ca, cert, key };
}

/** Contexts lie in folders that are called by the hash of their name. */
async function ofContext(name: string, env: Environment): Promise<Endpoint> {
  const from = `the Docker context "${name}"`;
  const id = createHash('sha256').update(name).digest('hex');
  const folder = join(dockerFolder(env), 'contexts');
  const text = await readFile(join(folder, 'meta', id, 'meta.json'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new NotRunnableError(`there is no Docker context "${name}"`, {
      guidance: '`docker context ls` lists them; `docker context use` or DOCKER_CONTEXT chooses one.',
    });
  }
  const parsed = contextSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new NotRunnableError(`${from} names no Docker engine`);
  const { Host, SkipTLSVerify } = parsed.data.Endpoints.docker;
  const url = parseHost(Host, from);
  const certificates = await readCertificates(join(folder, 'tls', id, 'docker'));
  const hasTls = Object.values(certificates).some((one) => one !== undefined) || url.protocol === 'https:';
  return { url, from, tls: hasTls ? { ...certificates, isUnverified: SkipTLSVerify } : undefined };
}

const contextSchema = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().default(false) }) }),
});

const defaultSocket = '/var/run/docker.sock';

function socketsOf(env: Environment): readonly string[] {
  const home = env['HOME'] || homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    defaultSocket,
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
    ...(runtime ? [join(runtime, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
}
