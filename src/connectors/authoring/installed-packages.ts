import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** An installed package that others import. */
export interface InstalledPackage {
  /** The folder of it. */
  readonly folder: string;
  /** The links in `node_modules` folders by which it is found, where it lies elsewhere. */
  readonly links: Set<string>;
}

export interface Wanted {
  readonly name: string;
  /** The folder from which it is imported. */
  readonly from: string;
}

/** The packages that are wanted, and all that they depend on, as they are installed; what is not there is passed over. */
export async function installedPackages(
  wanted: readonly Wanted[],
  leftOut: ReadonlySet<string>,
): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>();
  const open = [...wanted];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (leftOut.has(next.name)) continue;
    const place = await placeOf(next);
    if (place === undefined) continue;
    const folder = await realpath(place);
    const known = found.get(folder) ?? { folder, links: new Set() };
    if (folder !== place) known.links.add(place);
    if (found.has(folder)) continue;
    found.set(folder, known);
    for (const name of await dependenciesOf(folder)) open.push({ name, from: folder });
  }
  return [...found.values()];
}

/** The names of what a package needs to run, as it says itself. */
export async function dependenciesOf(folder: string): Promise<readonly string[]> {
  const { dependencies, optionalDependencies, peerDependencies } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  return Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies });
}

const names = z.record(z.string(), z.unknown()).optional();
const manifestSchema = z.looseObject({
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

/** Where Node would find it: in the nearest `node_modules` above. */
async function placeOf({ name, from }: Wanted): Promise<string | undefined> {
  const place = join(from, 'node_modules', name);
  const isThere = await readFile(join(place, 'package.json')).then(
    () => true,
    () => false,
  );
  if (isThere) return place;
  const above = dirname(from);
  return above === from ? undefined : placeOf({ name, from: above });
}
