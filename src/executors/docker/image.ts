import { InputError } from '../../errors.ts';

/** An image by name: what to pull, and what to run. */
export interface ImageReference {
  /** As the engine takes it: `airbyte/source-faker:7.2.1`. */
  readonly text: string;
  /** The same without tag and digest: `localhost:5000/team/source-x`. */
  readonly repository: string;
  /** A tag or a digest. */
  readonly tag: string;
  /** Where it is pulled from: `docker.io`, `localhost:5000`. */
  readonly registry: string;
}

interface Wanted {
  /** `true` means Airbyte's image of the connector. */
  readonly image: true | string;
  readonly version?: string | undefined;
}

/** The image that is meant by `dockerImage` and `version`; `latest` where neither names one. */
export function imageOf(connector: string, { image, version }: Wanted): ImageReference {
  const text = image === true ? `airbyte/${connector}` : image.trim().replace(/^docker:\/\//, '');
  const [, repository = '', tag, digest] = reference.exec(text) ?? [];
  if (repository === '') {
    throw new InputError(`${connector}: "${text}" is no name of an image`, {
      guidance:
        'Write it as name, name:tag, registry.example:5000/name:tag or name@sha256:…, in small letters.',
    });
  }
  const named = digest ?? tag;
  if (named !== undefined && version !== undefined && version !== named) {
    throw new InputError(`${connector}: the image says ${named}, "version" says ${version}`, {
      guidance: 'Leave one of the two out.',
    });
  }
  const chosen = named ?? version ?? 'latest';
  if (!tagOrDigest.test(chosen)) {
    throw new InputError(`${connector}: "${chosen}" is no version of an image`, {
      guidance: 'Give a tag, such as "1.2.3" or "latest", or a digest (sha256:…).',
    });
  }
  const mark = chosen.startsWith('sha256:') ? '@' : ':';
  return { text: `${repository}${mark}${chosen}`, repository, tag: chosen, registry: registryOf(repository) };
}

/** A first part with a dot or a port, or `localhost`, is a registry; anything else lies on Docker Hub. */
function registryOf(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}

const name = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
/** As Docker itself tells a registry from a first part of the name. */
const host =
  '(?:localhost|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:)|\\[[0-9a-fA-F:]+\\])(?::\\d+)?';
const tagText = '[\\w][\\w.-]{0,127}';
/** The tag of an image, by itself. */
export const imageTag = new RegExp(`^${tagText}$`);
const digestText = 'sha256:[0-9a-f]{64}';
const tagOrDigest = new RegExp(`^(?:${tagText}|${digestText})$`);
const reference = new RegExp(`^((?:${host}/)?${name}(?:/${name})*)(?::(${tagText}))?(?:@(${digestText}))?$`);
