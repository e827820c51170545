import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { getDestination, getSource } from '../../src/index.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { havePython } from '../fixtures/python.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'connectors');
const streams = ['orders', 'users'];
const recordsPerStream = 40;

describe.skipIf(!havePython)('the confirmations of a Python destination', () => {
  const folder = inNewHome();
  beforeEach(async () => {
    await mkdir(join(folder(), 'delivered'));
    await writeFile(join(folder(), 'input.ndjson'), inputLines().join(''));
  });

  it('are saved while the source is still at work, though it prints without flushing', async () => {
    const release = join(folder(), 'release');
    await promisify(execFile)('mkfifo', [release]);
    let tellSaved: (() => void) | undefined;
    const saved = new Promise<void>((resolve) => {
      tellSaved = resolve;
    });

    const writing = destination().write(source({ holdAfterStates: 1, release }), {
      connection: 'held',
      onEvent: ({ type }) => type === 'state_saved' && tellSaved?.(),
    });
    await Promise.race([saved, writing]);
    // The source waits for us: what is in the file now was saved with the sync under way.
    expect(await savedText()).toContain('"position": 10');
    await writeFile(release, '');

    expect((await writing).records.confirmed).toBe(streams.length * recordsPerStream);
    expect(await savedText()).toContain(`"position": ${recordsPerStream}`);
  });

  it.each([
    ['that come one by one', {}],
    ['that come without their envelope, twice', { confirm: 'unwrapped-twice' }],
    ['that stand for three states each', { every: 3 }],
    [
      'that come without their envelope, twice, for three states each',
      { confirm: 'unwrapped-twice', every: 3 },
    ],
    ['that all come at the end', { confirm: 'at-end' }],
  ])('%s are all understood, and a second run moves nothing', async (_, config) => {
    const first = await destination(config).write(source());
    expect(first.records).toEqual({ read: 80, confirmed: 80, rejected: 0 });
    expect(first.warnings).toEqual([]);
    expect(await readFile(join(folder(), 'delivered', '1.ndjson'), 'utf8')).toBe(
      inputLines().slice(1).join(''),
    );

    const second = await destination(config).write(source());
    expect(second.records).toEqual({ read: 0, confirmed: 0, rejected: 0 });
    expect(await readFile(join(folder(), 'delivered', '2.ndjson'), 'utf8')).toBe('');
  });

  function source(config: Readonly<Record<string, unknown>> = {}) {
    return getSource(
      'source-replay',
      { path: join(folder(), 'input.ndjson'), stateEvery: 10, ...config },
      { localExecutable: join(fixtures, 'source-replay.mjs') },
    );
  }

  function destination(config: Readonly<Record<string, unknown>> = {}) {
    return getDestination(
      'destination-python',
      { folder: join(folder(), 'delivered'), ...config },
      { localExecutable: join(fixtures, 'destination-python.py') },
    );
  }

  async function savedText(): Promise<string> {
    const states = join(folder(), 'home', 'state');
    const [name = ''] = (await readdir(states)).filter((one) => one.endsWith('.json'));
    return readFile(join(states, name), 'utf8');
  }
});

/** Spelled as no serialiser of ours would spell it. */
function inputLines(): readonly string[] {
  const catalog = {
    streams: streams.map((name) => ({
      name,
      json_schema: { type: 'object' },
      supported_sync_modes: ['full_refresh', 'incremental'],
      source_defined_cursor: true,
    })),
  };
  const records = Array.from(
    { length: streams.length * recordsPerStream },
    (_, index) =>
      `{"type": "RECORD", "record": {"stream":"${streams[index % streams.length]}","data": {"id":${index}.0, "big":9007199254740993, "e":"\\u00e9é"},"emitted_at":1}}\n`,
  );
  return [`${JSON.stringify({ type: 'CATALOG', catalog })}\n`, ...records];
}
