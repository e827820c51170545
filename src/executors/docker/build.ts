import { Readable } from 'node:stream';
import { NotRunnableError } from '../../errors.ts';
import type { ExecutionOptions } from '../../protocol/flow.ts';
import { defaultTimeouts } from '../../protocol/timeouts.ts';
import { findEndpoint } from './endpoint.ts';
import { type Engine, openEngine } from './engine.ts';
import { dockerFailure, statusOf, wordsOf } from './failures.ts';
import { archiveTree } from './files.ts';
import { type ImageReference, imageOf } from './image.ts';
import { isFor, type Platform, platformOf } from './platform.ts';
import { followReports, pullImage } from './pull.ts';

export interface ImageBuild {
  /** The connector. */
  readonly name: string;
  /** What it is built as. */
  readonly image: ImageReference;
  /** The image that it is built upon; pulled if it is missing. */
  readonly base: string;
  readonly platform?: string | undefined;
  /** The folder that holds its Dockerfile and all that this copies. */
  readonly folder: string;
  readonly options: Partial<ExecutionOptions>;
}

/** Has the Docker engine build an image. */
export async function buildImageFrom(build: ImageBuild): Promise<void> {
  const { name, image, platform, folder, options } = build;
  const { signal = new AbortController().signal, log } = options;
  await withEngine(build, async (engine) => {
    const base = await haveBase(engine, build);
    const tell = (message: string) => log?.({ level: 'INFO', message, connector: name });
    try {
      const progress = await engine.docker.buildImage(Readable.from([await archiveTree(folder)]), {
        t: image.text,
        ...(platform === undefined ? {} : { platform }),
        abortSignal: signal,
      });
      await followReports(Readable.from(progress), tell, signal);
    } catch (error) {
      // Newer engines look for another base than the one that is here, and say that there is none.
      if (!signal.aborted && isNotFound.test(wordsOf(error))) refuseOther(build, base, error);
      throw error;
    }
    // Older ones build upon what is here, whatever it is for.
    if (platform !== undefined) refuseOther(build, await engine.docker.getImage(image.text).inspect());
  });
}

const isNotFound = /platform|manifest|not found|not exist|no such|denied|dial tcp|name unknown/i;

/** An engine may hold one image of a name for several platforms: what it says of the base alone proves nothing. */
function refuseOther({ name, base, platform }: ImageBuild, made: Platform, cause?: unknown): void {
  if (platform === undefined || isFor(platform, made)) return;
  throw new NotRunnableError(
    `${name}: the base image ${base} is not for ${platform}: it is for ${platformOf(made)}`,
    {
      guidance: `Pull the one that is: docker pull --platform ${platform} ${base}, or name another base.`,
      context: { connector: name, base, platform },
      cause,
    },
  );
}

/** Gives an image another name in the place of the one that it had. */
export async function renameImage(
  from: ImageReference,
  build: Pick<ImageBuild, 'name' | 'image'>,
): Promise<void> {
  const { repository, tag } = build.image;
  await withEngine(build, async ({ docker }) => {
    await docker.getImage(from.text).tag({ repo: repository, tag });
    await docker.getImage(from.text).remove();
  });
}

/** Removes an image that turned out to be of no use. */
export async function dropImage(build: Pick<ImageBuild, 'name' | 'image'>): Promise<void> {
  await withEngine(build, async ({ docker }) => {
    await docker
      .getImage(build.image.text)
      .remove({ force: true })
      .catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
  });
}

/** With the login that `docker login` has left, which a build would not use by itself. */
async function haveBase(engine: Engine, { name, base, platform, options }: ImageBuild): Promise<Platform> {
  const reference = imageOf(name, { image: base });
  const found = engine.docker.getImage(reference.text);
  try {
    return await found.inspect();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await pullImage(engine, reference, { name, platform, limitMs: defaultTimeouts.installMs, options });
    return found.inspect();
  }
}

async function withEngine(
  { name, image }: Pick<ImageBuild, 'name' | 'image'>,
  action: (engine: Engine) => Promise<void>,
): Promise<void> {
  try {
    await action(await openEngine());
  } catch (error) {
    const endpoint = await findEndpoint();
    throw dockerFailure(error, { name, endpoint, image: image.text, what: 'cannot be built' });
  }
}
