import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConnectorOptions, getDestination, getSource } from '../../src/index.ts';
import { buildScripted, hasPython } from '../executors/python-package.ts';
import { hasDocker, withDocker } from '../fixtures/docker/engine.ts';
import { servingImage } from '../fixtures/docker/sluice-image.ts';
import { haveNpm, packPackage } from '../fixtures/npm-packages.ts';

const ends = ['source-faker', 'destination-jsonl'] as const;
type End = (typeof ends)[number];

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const config = { count: 500, seed: 7, always_updated: false };
const folder = mkdtempSync(join(tmpdir(), 'every-way-'));
let expected: Readonly<Record<string, string>>;

beforeAll(async () => {
  vi.stubEnv('SLUICE_DIR', join(folder, 'home'));
  expected = await delivered({}, {});
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('the same sync, source-faker to destination-jsonl', () => {
  it('delivers in this process, in lines that a fixed seed gives', () => {
    const counts = Object.entries(expected).map(([file, text]) => [file, text.split('\n').length - 1]);
    expect(Object.fromEntries(counts)).toMatchObject({ 'products.jsonl': 100, 'users.jsonl': 500 });
  });

  sameLines('as programs', (end) => ({ localExecutable: servedAs(end) }));

  describe.skipIf(!hasPython)('with Python', () => {
    sameLines('as Python packages', (end) => {
      const made = mkdtempSync(join(folder, 'wheel-'));
      const module = join(made, `${end.replace('-', '_')}.py`);
      const command = JSON.stringify([process.execPath, program, 'serve', end]);
      const code = `import os, sys\ndef main():\n    words = ${command}\n    os.execv(words[0], words + sys.argv[1:])\n`;
      writeFileSync(module, code);
      const scripts = [`${end}=${end.replace('-', '_')}:main`];
      return {
        pipUrl: buildScripted(made, { module, name: `airbyte-${end}`, scripts }),
        installRoot: join(folder, 'python'),
      };
    });
  });

  describe.skipIf(!haveNpm)('with npm', () => {
    describe.each([{ inProcess: false }, { inProcess: true }])('%j', ({ inProcess }) => {
      sameLines('as npm packages', (end) => {
        const [kind, file] = end.split('-');
        const module = new URL(`../../dist/connectors/${kind}s/${file}.js`, import.meta.url).href;
        const made = mkdtempSync(join(folder, 'npm-'));
        const npmPackage = packPackage(made, { name: end, code: `export * from '${module}';` });
        return { npmPackage, inProcess, installRoot: join(folder, 'npm') };
      });
    });
  });

  describe.skipIf(!hasDocker)(withDocker, () => {
    describe.each([
      { way: 'through named pipes', hasShell: true },
      { way: 'attached', hasShell: false },
    ])('$way', ({ hasShell }) => {
      sameLines(
        'as images',
        async (end) => ({ dockerImage: await servingImage(end, { hasShell }) }),
        '/local',
      );
    });
  });
});

type Way = (end: End) => ConnectorOptions | Promise<ConnectorOptions>;

const served: readonly (readonly End[])[] = [['source-faker'], ['destination-jsonl'], ends];

/** Each end by that way against the other in this process, and both by it. `inside` is where a destination sees the place. */
function sameLines(way: string, open: Way, inside?: string): void {
  const made = new Map<End, ConnectorOptions>();
  const optionsOf = async (end: End) => {
    const options = made.get(end) ?? (await open(end));
    made.set(end, options);
    return options;
  };
  it.each(served.map((these) => ({ these })))(
    `delivers the same ${way}: $these`,
    async ({ these }) => {
      const [source, destination] = [these.includes('source-faker'), these.includes('destination-jsonl')];
      const lines = await delivered(
        source ? await optionsOf('source-faker') : {},
        destination ? await optionsOf('destination-jsonl') : {},
        destination ? inside : undefined,
      );
      expect(lines).toEqual(expected);
    },
    180_000,
  );
}

/** What lies in the files of the destination after one sync. */
async function delivered(
  source: ConnectorOptions,
  destination: ConnectorOptions,
  inside?: string,
): Promise<Readonly<Record<string, string>>> {
  const name = `out-${Math.random().toString(36).slice(2)}`;
  const path = inside === undefined ? join(folder, name) : join(folder, 'home', 'local', name);
  const told = inside === undefined ? path : `${inside}/${name}`;
  const result = await getDestination('destination-jsonl', { path: told }, destination).write(
    getSource('source-faker', config, source),
    { stateCache: false, writeStrategy: 'append' },
  );
  expect(result.records.confirmed).toBe(result.records.read);
  return Object.fromEntries(readdirSync(path).map((file) => [file, readFileSync(join(path, file), 'utf8')]));
}

/** A program of one line that serves a built-in connector. */
function servedAs(end: End): string {
  const path = join(folder, end);
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' serve ${end} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
