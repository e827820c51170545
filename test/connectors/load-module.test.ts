import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConnector } from '../../src/connectors/load-module.ts';
import { getSource, Source } from '../../src/connectors/source.ts';
import { InputError, NotRunnableError } from '../../src/errors.ts';
import { gathered, thrownBy } from './answering.ts';

const src = fileURLToPath(new URL('../../src/connectors', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A file of TypeScript that has the public functions at hand. */
async function fileOf(text: string): Promise<string> {
  const path = join(folder, 'connectors.ts');
  const imports = `
    import { defineSource } from '${src}/authoring/define-source.ts';
    import { defineDestination } from '${src}/authoring/define-destination.ts';
    import { getDestination } from '${src}/destination.ts';
    import { getSource } from '${src}/source.ts';
    const make = (name: string) => defineSource({ name, streams: [{ name: 'a', read: () => [{ id: 1 as number }] }] });
  `;
  await writeFile(path, imports + text);
  return path;
}

async function nameOf(reference: string): Promise<string> {
  return (await loadConnector(reference)).name;
}

describe('a connector of a file', () => {
  it('is its default export, its only one, or the one that is named', async () => {
    const path = await fileOf(`
      export default make('one');
      export const two = make('two');
      export const notes = { name: 'three' };
    `);
    expect(await nameOf(path)).toBe('one');
    expect(await nameOf(`${path}#default`)).toBe('one');
    expect(await nameOf(`${path}#two`)).toBe('two');
  });

  it('is found from the current folder, and runs', async () => {
    const path = await fileOf(`export const only = make('only');`);
    const loaded = await loadConnector(`./${relative(process.cwd(), path)}`);
    expect('spec' in loaded && typeof loaded.spec === 'object').toBe(true);
    if ('version' in loaded) expect(await gathered(getSource(loaded).getRecords('a'))).toEqual([{ id: 1 }]);
    expect(await readdir(folder)).toEqual(['connectors.ts']);
  });

  it('gets the library that runs, also where none is installed beside it', async () => {
    const path = join(folder, 'alone.ts');
    await writeFile(
      path,
      "import { records } from 'sluice'; export const users = records('users', [{ id: 1 }]);",
    );
    const loaded = await loadConnector(path);
    expect(loaded).toBeInstanceOf(Source);
  });

  it('may be a source or a destination that is already configured', async () => {
    const path = await fileOf(`
      export const from = getSource(make('from'), { token: 'x' }).selectStreams('a');
      export const to = getDestination(defineDestination({ name: 'to' }, () => {}));
    `);
    expect(await nameOf(`${path}#from`)).toBe('from');
    expect(await nameOf(`${path}#to`)).toBe('to');
    const [from, to] = await Promise.all([loadConnector(`${path}#from`), loadConnector(`${path}#to`)]);
    expect('extract' in from && 'load' in to).toBe(true);
  });

  it.each([
    ['export const a = make("a"); export const b = make("b");', '', 'exports 2 connectors', '#a, '],
    [
      'export const a = make("a"); export const users = make("b");',
      '#usres',
      'did you mean "users"?',
      'It exports a, users.',
    ],
    ['export const a = 5;', '', 'exports no connector', 'Export what defineSource'],
    ['export const a = 5;', '#a', 'no connector is exported as "a"', 'no connector at all'],
  ])('that cannot be told is refused: %s', async (text, name, message, guidance) => {
    const path = await fileOf(text);
    const error = await thrownBy(() => loadConnector(`${path}${name}`));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      message: expect.stringContaining(message),
      guidance: expect.stringContaining(guidance),
    });
  });

  it('that does not exist, or cannot be loaded, says so', async () => {
    await expect(loadConnector('./none.ts')).rejects.toThrow('./none.ts: there is no file');
    await expect(loadConnector(folder)).rejects.toThrow('a folder, not a file');
    const path = await fileOf('throw new Error("no key in the environment");');
    const error = await thrownBy(() => loadConnector(path));
    expect(error).toBeInstanceOf(NotRunnableError);
    expect(error).toMatchObject({ message: expect.stringContaining('no key in the environment') });
  });
});
