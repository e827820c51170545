import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError, messageOf, NotRunnableError } from '../../errors.ts';
import { buildImageFrom, dropImage, renameImage } from '../../executors/docker/build.ts';
import { type ImageReference, imageOf } from '../../executors/docker/image.ts';
import { DockerExecutor } from '../../executors/docker.ts';
import type { ConnectorProgram } from '../../protocol/flow.ts';
import { type CallOptions, never, silent, stoppedError } from '../connector.ts';
import { isConnectorProgram } from '../connector-program.ts';
import { loadConnector } from '../load-module.ts';
import { fillContext } from './image-context.ts';

/** How an image is built. */
export interface BuildImageOptions extends CallOptions {
  /** Its name: `shop/source-orders`, `shop/source-orders:1.2.0`. Default: the connector's name and version. */
  readonly tag?: string;
  /** The image that it is built upon, which has to hold Node 20.19 or newer. Default: `node:22-slim`. */
  readonly base?: string;
  /** The platform that it is built for: `linux/arm64`. Default: the engine's own. */
  readonly platform?: string;
  /** Files and folders that the connector reads and does not import. */
  readonly include?: readonly string[];
}

/** An image that was built. */
export interface BuiltImage {
  /** Its name with its tag, as `dockerImage` takes it. */
  readonly image: string;
  readonly connector: string;
  readonly version: string;
}

/**
 * Builds a Docker image of a connector in TypeScript, given as `./file.ts` or `./file.ts#export`, that whatever runs
 * Airbyte's images can run. It holds the file with all that it imports, the packages of those, and Sluice itself, as they
 * lie on this machine. It is run once for its spec before it gets its name.
 */
export async function buildImage(
  reference: string,
  {
    tag,
    base = 'node:22-slim',
    platform,
    include = [],
    signal = never(),
    log = silent,
  }: BuildImageOptions = {},
): Promise<BuiltImage> {
  if (signal.aborted) throw stoppedError(reference, 'building its image', signal);
  const program = await loadConnector(reference);
  if (!isConnectorProgram(program)) {
    throw new InputError(`${reference} exports a connector that is opened already`, {
      guidance: 'Export what defineSource or defineDestination gave.',
    });
  }
  const { name } = program;
  const image = namedImage(program, tag);
  imageOf(name, { image: base });
  if (include.includes('')) throw new InputError(`${name}: one of what is to be included has an empty path`);
  const attempt = imageOf(name, {
    image: image.repository,
    version: `building-${randomBytes(6).toString('hex')}`,
  });
  const options = { signal, log };
  const [, file = reference, exported] = /^(.*)#([\w$]+)$/s.exec(reference) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'sluice-image-'));
  try {
    await fillContext(folder, {
      base,
      file: resolve(file),
      exported,
      include: include.map((path) => resolve(path)),
      labels: { 'io.airbyte.name': image.repository, 'io.airbyte.version': image.tag },
    });
    await buildImageFrom({ name, image: attempt, base, platform, folder, options });
    await tryImage(program, { image: attempt.text, platform }, { signal, log });
    await renameImage(attempt, { name, image });
  } catch (error) {
    await dropImage({ name, image: attempt }).catch(() => {
      // What failed before says why; mostly the engine itself is gone.
    });
    throw signal.aborted ? stoppedError(name, 'building its image', signal) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { image: image.text, connector: name, version: image.tag };
}

/** The name that is wanted, with the connector's own version where it says none. */
function namedImage({ name, version }: ConnectorProgram, tag: string = name): ImageReference {
  const given = imageOf(name, { image: tag });
  if (given.tag.startsWith('sha256:')) {
    throw new InputError(`${name}: an image is named by a tag: its digest is known when it has been built`, {
      guidance: `Name it ${given.repository}:1.0.0, say.`,
    });
  }
  return given.text === tag.trim() ? given : imageOf(name, { image: tag, version });
}

/** Runs it for its spec: what is missing in it shows now, not when somebody else runs it. */
async function tryImage(
  { name }: ConnectorProgram,
  { image, platform }: { readonly image: string; readonly platform: string | undefined },
  options: Required<Pick<CallOptions, 'signal' | 'log'>>,
): Promise<void> {
  await using executor = new DockerExecutor(name, { image, pull: 'never' });
  try {
    for await (const _ of executor.run({ command: 'spec' }, options));
  } catch (cause) {
    if (options.signal.aborted) throw cause;
    throw new NotRunnableError(`${name}: its image does not run: ${messageOf(cause)}`, {
      guidance: `What it needs beside the files that it imports is named by \`include\`; the base has to hold Node 20.19 or newer${platform === undefined ? '' : `; and an engine that runs another platform than ${platform} needs emulation (binfmt)`}.`,
      context: { connector: name, image },
      cause,
    });
  }
}
