import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';

/** What a file of TypeScript or JavaScript needs to run, as far as its text tells. */
export interface Imported {
  /** The file, those that it imports, those that they do, and the package.json of each. */
  readonly files: ReadonlySet<string>;
  /** Packages by name, each with the folders from which it is imported. */
  readonly packages: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Follows the imports of files by the words for them: `from '…'`, `import('…')`, `require('…')` and
 * `new URL('…', import.meta.url)`. What only looks like one, in a comment, does no harm: what is not there is passed over.
 */
export async function importedFiles(entries: readonly string[]): Promise<Imported> {
  const files = new Set<string>();
  const packages = new Map<string, Set<string>>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const manifest = await nearestManifest(dirname(file));
    if (manifest !== undefined) files.add(manifest);
    if (!isScript(file)) continue;
    for (const { specifier, isImport } of specifiersIn(await readFile(file, 'utf8'))) {
      if (/^\.{0,2}\//.test(specifier)) {
        const found = await fileOf(resolve(dirname(file), specifier));
        if (found !== undefined) open.push(found);
      } else if (isImport) {
        const name = packageName(specifier);
        if (name !== undefined) packages.set(name, (packages.get(name) ?? new Set()).add(dirname(file)));
      }
    }
  }
  return { files, packages };
}

interface Specifier {
  readonly specifier: string;
  readonly isImport: boolean;
}

function* specifiersIn(text: string): Generator<Specifier> {
  for (const [, , specifier = ''] of text.matchAll(imports)) yield { specifier, isImport: true };
  for (const [, , specifier = ''] of text.matchAll(urls)) yield { specifier, isImport: false };
}

const imports = /(?:\bfrom|\bimport\s*\(?|\brequire\s*\()\s*(['"])([^'"\n]+)\1/g;
const urls = /\bnew\s+URL\(\s*(['"])([^'"\n]+)\1\s*,\s*import\.meta\.url/g;

/** `@scope/name/file` is @scope/name; what Node brings has none. */
function packageName(specifier: string): string | undefined {
  return /^(?!node:)((?:@[\w.~-]+\/)?[\w.~-]+)(?:\/|$)/.exec(specifier)?.[1];
}

/** Imports may leave the ending out, and name the file that TypeScript would make of it. */
async function fileOf(path: string): Promise<string | undefined> {
  const ending = extname(path);
  const plain = path.slice(0, path.length - ending.length);
  const written = (sources[ending] ?? []).map((source) => `${plain}${source}`);
  const candidates = [
    path,
    ...written,
    ...scriptEndings.map((one) => `${path}${one}`),
    ...scriptEndings.map((one) => join(path, `index${one}`)),
  ];
  for (const candidate of candidates) if (await isFile(candidate)) return candidate;
  return undefined;
}

const sources: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
const scriptEndings = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.json'];

function isScript(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file);
}

async function nearestManifest(folder: string): Promise<string | undefined> {
  const file = join(folder, 'package.json');
  if (await isFile(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : nearestManifest(above);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
