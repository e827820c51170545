import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { getDestination, getSource } from '../../src/index.ts';
import { pathWithUv } from '../executors/python-package.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { havePython } from '../fixtures/python.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(root, 'test', 'fixtures', 'connectors');
/** Kept between runs of the tests: installing takes longer than testing. */
const installRoot = join(root, 'node_modules', '.cache', 'sluice-test', 'connectors');

const sources = [
  ['source-faker', { count: 300, seed: 7, parallelism: 1, always_updated: false }],
  ['source-hardcoded-records', { count: 200 }],
] as const;
const destinations = ['destination-python.py', 'destination-node.mjs'] as const;

describe.skipIf(!havePython).each(sources)("Airbyte's own %s", (name, config) => {
  const folder = inNewHome();
  beforeAll(async () => {
    vi.stubEnv('PATH', pathWithUv());
    // Asking for the spec installs what is missing.
    await getSource(name, config, { usePython: true, installRoot }).spec();
  }, 300_000);
  afterAll(() => vi.unstubAllEnvs());
  beforeEach(async () => {
    await mkdir(join(folder(), 'delivered'));
  });

  it.each(destinations)('is delivered to %s byte for byte', async (program) => {
    const recording = join(folder(), 'recording.ndjson');
    const source = getSource(name, config, {
      localExecutable: join(fixtures, 'source-recorded.sh'),
      env: { RECORDED: await installedProgram(name), RECORDING: recording },
    });

    const result = await destination(program).write(source);

    const said = recordLines(await readFile(recording));
    expect(said.length).toBeGreaterThan(500);
    expectSame(await delivered(), said);
    expect(result.records).toEqual({ read: said.length, confirmed: said.length, rejected: 0 });
  });

  it('says, run from its own environment, what it says when it is run by hand', async () => {
    const source = getSource(name, config, { usePython: true, installRoot });

    await destination('destination-node.mjs').write(source);

    const byHand = await readByHand(await source.configuredCatalog());
    expectSame((await delivered()).map(withoutTimes).toSorted(), byHand.map(withoutTimes).toSorted());
  });

  function destination(program: string) {
    const options = { localExecutable: join(fixtures, program) };
    return getDestination(program.replace(/\..*/, ''), { folder: join(folder(), 'delivered') }, options);
  }

  async function delivered(): Promise<readonly string[]> {
    return recordLines(await readFile(join(folder(), 'delivered', '1.ndjson')));
  }

  async function readByHand(catalog: unknown): Promise<readonly string[]> {
    const configPath = join(folder(), 'config.json');
    const catalogPath = join(folder(), 'catalog.json');
    await writeFile(configPath, JSON.stringify(config));
    await writeFile(catalogPath, JSON.stringify(catalog));
    const { stdout } = await promisify(execFile)(
      await installedProgram(name),
      ['read', '--config', configPath, '--catalog', catalogPath],
      { encoding: 'buffer', maxBuffer: 2 ** 26 },
    );
    return recordLines(stdout);
  }
});

async function installedProgram(name: string): Promise<string> {
  const paths = await readdir(installRoot, { recursive: true });
  const path = paths.find((one) => one.endsWith(join('bin', name)));
  return join(installRoot, path ?? expect.fail(`${name} is not installed in ${installRoot}`));
}

/** One character per byte, so that nothing is lost or made equal by decoding. */
function recordLines(bytes: Buffer): readonly string[] {
  const lines = bytes.toString('latin1').split(/(?<=\n)/);
  return lines.filter((line) => /^\{"type": ?"RECORD"/.test(line));
}

/** Shows the first line that differs, not thousands. */
function expectSame(lines: readonly string[], expected: readonly string[]): void {
  const different = lines.findIndex((line, index) => line !== expected[index]);
  expect(lines[different]).toBe(expected[different]);
  expect(lines.length).toBe(expected.length);
}

/** The faker tells the time of the run in three places. */
function withoutTimes(line: string): string {
  return line
    .replace(/"(created_at|updated_at)":"[^"]*"/g, '"$1":"…"')
    .replace(/"emitted_at":\d+/, '"emitted_at":…');
}
