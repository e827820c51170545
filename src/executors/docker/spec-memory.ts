import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { homeFolder, openHomeFolder } from '../../home.ts';
import type { FlowItem } from '../../protocol/flow.ts';
import { parseSpelled, stringifyLossless } from '../../protocol/lossless-json.ts';
import { type ConnectorSpecification, specificationSchema } from '../../protocol/spec.ts';
import type { Environment } from '../environment.ts';
import type { Image } from './container.ts';

/**
 * Whose spec is remembered. An image's id is the hash of all that is in it, so what it has said once it would say
 * again, unless it is given variables: what these do is not known, and none of them is ever written down.
 */
export interface SpecOwner {
  readonly image: Image;
  /** The platform that was asked for: the id may stand for images of several. */
  readonly platform: string | undefined;
  readonly env: Environment;
}

/** The spec that an image has told before; undefined where it has to be asked. */
export async function recallSpec(owner: SpecOwner): Promise<ConnectorSpecification | undefined> {
  const name = nameOf(owner);
  if (name === undefined) return undefined;
  try {
    const text = await readFile(join(homeFolder(), folderName, name), 'utf8');
    const end = text.indexOf('\n');
    const spec = text.slice(end + 1);
    const note = noteSchema.parse(JSON.parse(text.slice(0, end)));
    const isOurs = note.id === owner.image.id && note.hash === hashOf(spec);
    return isOurs ? specificationSchema.parse(parseSpelled(spec)) : undefined;
  } catch {
    // None, or none that can be read: the image is asked, and what it says is kept in its place.
    return undefined;
  }
}

/** Passes on what an image says, and keeps its spec once it has ended well. */
export async function* keepingSpec(
  owner: SpecOwner,
  said: AsyncIterable<readonly FlowItem[]>,
): AsyncGenerator<readonly FlowItem[]> {
  let spec: ConnectorSpecification | undefined;
  for await (const items of said) {
    for (const item of items) if (item.type === 'SPEC') spec ??= item.spec;
    yield items;
  }
  // A spec that cannot be kept is asked again: no reason to fail.
  if (spec !== undefined) await keep(owner, spec).catch(() => {});
}

async function keep(owner: SpecOwner, spec: ConnectorSpecification): Promise<void> {
  const name = nameOf(owner);
  if (name === undefined) return;
  const folder = await openHomeFolder(folderName);
  const text = stringifyLossless(spec);
  const note = { image: owner.image.reference.text, id: owner.image.id, hash: hashOf(text) };
  // Runs may write at the same time, so each drafts under a name of its own.
  const draft = join(folder, `${name}.${process.pid}-${performance.now()}.part`);
  try {
    await writeFile(draft, `${JSON.stringify(note)}\n${text}`, { mode: 0o600, flag: 'wx' });
    await rename(draft, join(folder, name));
  } finally {
    await rm(draft, { force: true });
  }
  await removeOldest(folder);
}

/** Every build of an image has an id of its own, so what is kept would only ever grow. */
async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= mostKept) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, at: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const oldest = files.toSorted((a, b) => b.at - a.at).slice(mostKept);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}

const folderName = 'specs';
const mostKept = 100;

const noteSchema = z.object({
  /** The image's name when it was asked, for people. */
  image: z.string(),
  id: z.string(),
  /** Of the spec, which is the rest of the file. */
  hash: z.string(),
});

/** The file of a spec, or undefined where none is remembered. */
function nameOf({ image, platform = '', env }: SpecOwner): string | undefined {
  const isGivenMore = Object.values(env).some((value) => value !== undefined);
  if (isGivenMore || !/^(sha256:)?[0-9a-f]{64}$/.test(image.id)) return undefined;
  return `${hashOf([image.id, platform, image.architecture].join('\n')).slice(0, 32)}.spec`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
