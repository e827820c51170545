import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectorFailedError } from '../../src/errors.ts';
import type { ConnectionId } from '../../src/protocol/flow.ts';
import { LosslessNumber } from '../../src/protocol/lossless-json.ts';
import { openRunLog } from '../../src/sync/run-log.ts';
import { sync } from '../../src/sync/sync.ts';
import { catalogOf, connection, echo, failed, readerOf, rows, streamState } from './ends.ts';

describe('the log of a run', () => {
  let folder: string;
  let hearLost: () => void;
  let lost: Promise<void>;
  beforeEach(async () => {
    lost = new Promise((resolve) => {
      hearLost = resolve;
    });
    folder = await mkdtemp(join(tmpdir(), 'runs-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('holds all that was logged, between its start and its end, a JSON object a line', async () => {
    await sync({
      reader: talking(),
      writer: echo(),
      catalog: catalogOf('users'),
      connection,
      runsFolder: folder,
    });
    const [name = ''] = await readdir(folder);
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-test\.ndjson$/);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const lines = await linesIn(name);
    expect(lines.map(({ type }) => type)).toEqual(['started', 'log', 'finished']);
    expect(lines[1]).toEqual({
      at: expect.any(String),
      type: 'log',
      level: 'INFO',
      message: 'hello',
      connector: 'source-test',
    });
    expect(lines[2]).toMatchObject({ result: { records: { read: 1 } } });
  });

  it('is named by the error, and tells of it', async () => {
    const failure = await failed({ reader: talking(new Error('gone')), runsFolder: folder });
    const [name = ''] = await readdir(folder);
    expect(failure.context['log']).toBe(join(folder, name));
    expect((await linesIn(name)).at(-1)).toMatchObject({
      type: 'failed',
      error: 'source-test: gone',
      code: 'connector_failed',
      result: { records: { read: 1, confirmed: 1 } },
    });
  });

  it('keeps all digits of what an error tells, and says what cannot be written', async () => {
    const context = { at: 2n ** 63n, rate: new LosslessNumber('0.12345678901234567890') };
    await failed({
      reader: talking(new ConnectorFailedError('gone', { context })),
      runsFolder: folder,
    });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await failed({
      reader: talking(new ConnectorFailedError('round', { context: circle })),
      runsFolder: folder,
    });
    const lines = (await Promise.all((await readdir(folder)).map(linesIn))).flat();
    expect(lines.filter(({ type }) => type === 'failed')).toMatchObject([
      { error: 'gone', context: { at: '9223372036854775808', rate: '0.12345678901234567890' } },
      { error: 'round', unwritten: expect.stringContaining('circular') },
    ]);
  });

  it('is one of the newest hundred that are kept', async () => {
    for (let day = 0; day < 120; day += 1) {
      await writeFile(join(folder, `2020-01-01T00-00-00.${String(day).padStart(3, '0')}Z-old.ndjson`), '');
    }
    await writeFile(join(folder, 'notes.txt'), '');
    await using _ = await openRunLog({ folder, connection, onLost: () => {} });
    const names = (await readdir(folder)).toSorted();
    expect(names.filter((name) => name.endsWith('.ndjson')).length).toBeLessThanOrEqual(100);
    expect(names[0]).toBe('2020-01-01T00-00-00.021Z-old.ndjson');
    expect(names).toContain('notes.txt');
  });

  it('has a name that is safe for a file, whatever the connection is called', async () => {
    await using log = await openRunLog({ folder, connection: '../a b/ü' as ConnectionId, onLost: () => {} });
    expect(log.path).toMatch(/Z-\.\.-a-b-\.ndjson$/);
  });

  it('says what is wrong with a folder that cannot be used', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      openRunLog({ folder: join(folder, 'file'), connection, onLost: () => {} }),
    ).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('may break without breaking the sync, which warns of it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-02T03:04:05.678Z') });
    const path = join(folder, '2026-01-02T03-04-05.678Z-test.ndjson');
    await mkdir(path);
    const result = await sync({
      reader: readerOf(async function* () {
        yield [rows('users', 1), streamState('users', 1)];
        await lost;
      }),
      writer: echo(),
      catalog: catalogOf('users'),
      connection,
      runsFolder: folder,
      onEvent: ({ type }) => type === 'warning' && hearLost(),
    });
    vi.useRealTimers();
    expect(result).toMatchObject({
      records: { confirmed: 1 },
      warnings: [{ code: 'log_not_kept', message: expect.stringContaining(path) }],
    });
  });

  async function linesIn(name: string): Promise<readonly Record<string, unknown>[]> {
    const text = await readFile(join(folder, name), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
});

function talking(error?: Error) {
  return readerOf(async function* (_states, { log }) {
    log({ level: 'INFO', message: 'hello', connector: 'source-test' });
    yield [rows('users', 1), streamState('users', 1)];
    if (error !== undefined) throw error;
  });
}
