import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
import { defineDestination } from '../../src/connectors/authoring/define-destination.ts';
import { defineSource } from '../../src/connectors/authoring/define-source.ts';
import { defaultConnection } from '../../src/connectors/connection-id.ts';
import { getDestination } from '../../src/connectors/destination.ts';
import { getBenchmarkSource, getNoopDestination } from '../../src/connectors/ready-made.ts';
import { records } from '../../src/connectors/records.ts';
import { getSource } from '../../src/connectors/source.ts';
import {
  CallbackError,
  ConfigInvalidError,
  InputError,
  StoppedError,
  StreamUnknownError,
} from '../../src/errors.ts';
import type { SyncEvent } from '../../src/protocol/events.ts';
import type { Row } from '../../src/protocol/messages.ts';
import { answering, catalogLine, recordLine, thrownBy, usersStream } from './answering.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  vi.stubEnv('SLUICE_DIR', home);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

function collector() {
  const rows: Record<string, Row[]> = {};
  const modes: Record<string, string> = {};
  const program = defineDestination({ name: 'destination-list' }, (some, { stream }) => {
    rows[stream.name] = [...(rows[stream.name] ?? []), ...some];
    modes[stream.name] = stream.mode;
  });
  return { rows, modes, destination: getDestination(program) };
}

function thrown(message: string): never {
  throw new Error(message);
}

const people = () => records('people', [{ id: 1 }, { id: 2 }], { primaryKey: 'id' });

describe('write', () => {
  it('moves the records of a process to a function', async () => {
    const source = getSource(
      'x',
      {},
      answering({ read: { lines: [recordLine({ id: 1 }), recordLine({ id: 2 })] } }),
    );
    const { rows, destination } = collector();
    const result = await destination.write(source);
    expect(rows).toEqual({ users: [{ id: 1 }, { id: 2 }] });
    expect(result.records).toMatchObject({ read: 2, rejected: 0 });
  });

  it('keeps its state and its log in the home folder, and moves nothing twice', async () => {
    const faker = () => getSource('faker', { count: 5, seed: 1, always_updated: false });
    const first = await getNoopDestination().write(faker());
    expect(first.records.confirmed).toBeGreaterThan(0);
    expect((await getNoopDestination().write(faker())).records.read).toBe(0);
    expect(await readdir(home)).toEqual(expect.arrayContaining(['runs', 'state']));
    expect(await readdir(join(home, 'state'))).toEqual([expect.stringContaining(first.connection)]);
    expect((await getNoopDestination().write(faker(), { forceFullRefresh: true })).records.read).toBe(
      first.records.read,
    );
  });

  it('leaves no file where no state is wanted', async () => {
    await getNoopDestination().write(people(), { stateCache: false });
    expect(await readdir(home)).toEqual([]);
  });

  it('keeps its state where it is told to', async () => {
    const folder = join(home, 'mine');
    await getNoopDestination().write(people(), {
      stateCache: new StateFolder({ folder }),
      connection: 'people',
    });
    expect(await readdir(folder)).toEqual([expect.stringContaining('people')]);
  });

  it('moves the streams named for it, whatever the source has selected', async () => {
    const { rows, destination } = collector();
    const source = getSource('faker', { count: 3 }).selectStreams('products');
    await destination.write(source, { streams: ['users'] });
    expect(Object.keys(rows)).toEqual(['users']);
  });

  it('writes as it is told to', async () => {
    const { modes, destination } = collector();
    await destination.write(people());
    expect(modes).toEqual({ people: 'append_dedup' });
    await destination.write(people(), { writeStrategy: 'replace' });
    expect(modes).toEqual({ people: 'overwrite' });
  });

  it('tells what happens, from the log before it began to its end', async () => {
    const events: SyncEvent[] = [];
    await getNoopDestination().write(getSource('faker', { count: 3 }), {
      onEvent: (event) => events.push(event),
    });
    expect(events[0]).toMatchObject({
      type: 'log',
      entry: { message: expect.stringContaining('runs built in') },
    });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['started', 'state_saved', 'finished']),
    );
  });

  it('warns where it had to give way', async () => {
    const program = defineDestination({ name: 'destination-y', syncModes: ['append'] }, () => {});
    const { warnings } = await getDestination(program).write(people());
    expect(warnings.map(({ code }) => code)).toContain('sync_mode_adjusted');
  });

  it('takes the limits of its connectors, and its own before these', async () => {
    const stuck = defineSource({
      name: 'stuck',
      streams: [{ name: 'a', read: ({ signal }) => waitingFor(signal) }],
    });
    const source = getSource(stuck, {}, { timeouts: { silenceMs: 50 } });
    await expect(getNoopDestination().write(source, { stateCache: false })).rejects.toThrow(/stuck/);
    const patient = getSource(stuck, {}, { timeouts: { silenceMs: 3_600_000 } });
    const options = { stateCache: false, timeouts: { silenceMs: 50 } } as const;
    await expect(getNoopDestination().write(patient, options)).rejects.toThrow(/stuck/);
  });

  it('is stopped by its signal, also before it has begun', async () => {
    const waiting = getSource('x', {}, answering({ discover: { endless: true } }));
    const controller = new AbortController();
    const writing = getNoopDestination().write(waiting, { signal: controller.signal, stateCache: false });
    controller.abort();
    await expect(writing).rejects.toThrow(StoppedError);
    await expect(getNoopDestination().write(people(), { signal: controller.signal })).rejects.toThrow(
      StoppedError,
    );
  });
});

describe('before anything is moved', () => {
  it.each([
    [[{ id: 1 }], 'rows by themselves have no name', 'records("users", rows)'],
    [(async function* () {})(), 'rows by themselves have no name', 'records("users", rows)'],
    [{}, 'write takes a source', 'getSource'],
    ['source-faker', 'write takes a source', 'getSource'],
    [undefined, 'write takes a source', 'getSource'],
  ])('something that is no source is refused (%#)', async (source, message, hint) => {
    const error = await thrownBy(() => getNoopDestination().write(source as never));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      message: expect.stringContaining(message),
      guidance: expect.stringContaining(hint),
    });
  });

  it.each([
    [{ strategy: 'append' }, 'unknown option "strategy"; did you mean "writeStrategy"?'],
    [{ writeStrategy: 'upsert' }, 'must be one of auto, append, merge, replace'],
    [{ cache: {} }, 'must be a cache, true for the default one, or false'],
    [{ stateCache: './state' }, 'must be a StateFolder, another store of states, or false'],
    [{ streams: [] }, 'the selection of streams is empty'],
    [{ connection: '' }, 'must be a name'],
    [{ connection: 'shop/users' }, 'connection "shop/users" cannot name a file'],
    [{ signal: {} }, 'must be an AbortSignal'],
  ])('options that make no sense are refused: %j', async (options, message) => {
    const source = getSource('x', {}, answering({ spec: { exit: 1 } }));
    const error = await thrownBy(() => getNoopDestination().write(source, options as never));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  it('a config that does not fit is refused, of either end', async () => {
    const config = { test_destination: { test_destination_type: 'LOUD' } };
    const error = await thrownBy(() => getDestination('dev-null', config).write(people()));
    expect(error).toBeInstanceOf(ConfigInvalidError);
    expect(error).toMatchObject({ message: expect.stringContaining('"SILENT"') });
    const source = getSource('x', { page_size: 'big' }, answering({ discover: { exit: 1 } }));
    await expect(getNoopDestination().write(source)).rejects.toThrow(ConfigInvalidError);
  });

  it('streams and keys that do not exist are refused, and no connector is started to read', async () => {
    const source = () => getSource('x', {}, answering({ read: { exit: 1 } }));
    await expect(getNoopDestination().write(source(), { streams: ['usres'] })).rejects.toThrow(
      StreamUnknownError,
    );
    await expect(getNoopDestination().write(source().setPrimaryKey('users', 'di'))).rejects.toThrow(
      'stream users has no field "di" for its primary key; did you mean "id"?',
    );
    await expect(getNoopDestination().write(source(), { writeStrategy: 'merge' })).rejects.toThrow(
      'stream users cannot be merged: it has no primary key',
    );
    expect(await readdir(home)).not.toContain('state');
  });

  it.each([
    ['throws', () => thrown('no screen')],
    ['rejects', async () => thrown('no screen')],
  ])('a callback that %s before the first record is an error, and is called once', async (_, fail) => {
    let calls = 0;
    const onEvent = () => {
      calls += 1;
      return fail();
    };
    const error = await thrownBy(() => getNoopDestination().write(getSource('faker'), { onEvent }));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({ message: 'onEvent failed: no screen' });
    expect(calls).toBe(1);
  });

  it('a callback that fails of hearing that all is finished is an error too', async () => {
    const onEvent = async ({ type }: SyncEvent) => type === 'finished' && thrown('no screen');
    const error = await thrownBy(() => getNoopDestination().write(people(), { onEvent }));
    expect(error).toMatchObject({ code: 'callback_failed', result: { records: { confirmed: 2 } } });
  });

  it('a callback that fails during the sync is an error that says what was done', async () => {
    const onEvent = async ({ type }: SyncEvent) => type === 'started' && thrown('no screen');
    const error = await thrownBy(() => getNoopDestination().write(getBenchmarkSource(1e9), { onEvent }));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({ result: { connection: expect.any(String) } });
  });
});

describe('a connection', () => {
  const end = (name: string, config: unknown) => ({ name, config });

  it('has a readable name of its two ends', () => {
    expect(
      defaultConnection({ source: end('source-faker', {}), destination: end('destination-jsonl', {}) }),
    ).toMatch(/^source-faker-destination-jsonl-[0-9a-f]{10}$/);
    expect(defaultConnection({ source: end('Ünser Shop!', {}), destination: end('..', {}) })).toMatch(
      /^nser-shop-unnamed-[0-9a-f]{10}$/,
    );
  });

  it('is the same whatever the order of the keys of a config, and another for another config', () => {
    const named = (source: unknown, destination: unknown) =>
      defaultConnection({ source: end('a', source), destination: end('b', destination) });
    expect(named({ x: 1, y: { p: 1, q: [1, 2] } }, {})).toBe(named({ y: { q: [1, 2], p: 1 }, x: 1 }, {}));
    expect(named({ x: [1, 2] }, {})).not.toBe(named({ x: [2, 1] }, {}));
    expect(named({ x: 1 }, {})).not.toBe(named({}, { x: 1 }));
  });

  it('is another for what is run from elsewhere under the same name', () => {
    const named = (via?: string) =>
      defaultConnection({ source: { ...end('a', {}), via }, destination: end('b', {}) });
    expect(new Set([named(), named('built in'), named('./p1/a.sh'), named('./p2/a.sh')]).size).toBe(4);
  });

  it('does not change with a secret, nor when the connector changes its config', async () => {
    const connection = async (config: object) => {
      const lines = [
        {
          type: 'CONTROL',
          control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config: { page_size: 7 } } },
        },
      ];
      const source = getSource(
        'x',
        { ...config },
        answering({ read: { lines }, discover: { lines: [catalogLine(usersStream)] } }),
      );
      const before = await getNoopDestination().write(source);
      const after = await getNoopDestination().write(source);
      expect(after.connection).toBe(before.connection);
      return before.connection;
    };
    const first = await connection({ token: 'one11', page_size: 5 });
    expect(await connection({ page_size: 5, token: 'two22' })).toBe(first);
    expect(await connection({ page_size: 6, token: 'two22' })).not.toBe(first);
  });
});

describe('ready-made ends', () => {
  it('are a source of so many records and a destination that throws them away', async () => {
    const result = await getNoopDestination().write(getBenchmarkSource('2e3'), { stateCache: false });
    expect(result.records).toEqual({ read: 2000, confirmed: 2000, rejected: 0 });
    expect(() => getBenchmarkSource('many')).toThrow(InputError);
  });
});

async function* waitingFor(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
