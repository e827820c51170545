import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
import type { ConnectionEnds, ConnectionId } from '../../src/protocol/flow.ts';
import { configured, streamState } from '../sync/ends.ts';

const connection = 'faker to files' as ConnectionId;

describe('the state folder', () => {
  let folder: string;
  let store: StateFolder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'states-'));
    store = new StateFolder({ folder });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes a file that a person can read, for no one else', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-02T03:04:05.678Z') });
    await using memory = await store.open(connection, ends({ count: 5 }, { folder: 'out' }));
    await memory.begin([configured('users')]);
    await memory.commit([streamState('users', { updated_at: '2026', empty: {}, list: [1, 2] })]);
    vi.useRealTimers();
    const path = join(folder, 'faker to files.json');
    expect(await readFile(path, 'utf8')).toBe(`{
  "version": 1,
  "connection": "faker to files",
  "ends": {
    "source": {
      "name": "source-faker",
      "config": {
        "count": 5
      }
    },
    "destination": {
      "name": "destination-jsonl",
      "config": {
        "folder": "out"
      }
    }
  },
  "sync_id": 1,
  "saved_at": "2026-01-02T03:04:05.678Z",
  "streams": [
    {
      "name": "users",
      "generation_id": 1
    }
  ],
  "states": [
    {
      "type": "STREAM",
      "stream": {
        "stream_descriptor": {
          "name": "users"
        },
        "stream_state": {
          "updated_at": "2026",
          "empty": {},
          "list": [
            1,
            2
          ]
        }
      }
    }
  ]
}
`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('takes what a person has changed in it', async () => {
    await write(streamState('users', 1));
    const path = join(folder, `${connection}.json`);
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('"stream_state": 1', '"stream_state": {"n": 1.0}'),
    );
    await using memory = await store.open(connection);
    expect(memory.states).toMatchObject([{ state: { stream: { stream_state: { n: 1 } } } }]);
  });

  it('leaves nothing but the state file behind, also where a crash left its draft', async () => {
    await writeFile(join(folder, `${connection}.json.tmp`), '{"vers');
    await write(streamState('users', 1));
    expect(await readdir(folder)).toEqual([`${connection}.json`]);
  });

  it.each([
    ['cut short', '{"version":1,"connection":"faker to fi'],
    ['of another shape', '{"version":1,"connection":"faker to files","sync_id":"x"}'],
    ['empty', ''],
  ])('names a file that is %s, and how to go on', async (_, text) => {
    const file = join(folder, `${connection}.json`);
    await writeFile(file, text);
    await expect(store.open(connection)).rejects.toMatchObject({
      code: 'state_damaged',
      message: expect.stringMatching(/^faker to files\.json: the saved state is damaged \(.+\)$/),
      guidance: expect.stringContaining(`Repair ${file}, or delete it`),
      context: { file },
    });
    expect(await readdir(folder)).toEqual([`${connection}.json`]);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('does not touch a file of a newer version', async () => {
    await writeFile(join(folder, `${connection}.json`), '{"version":2}');
    await expect(store.open(connection)).rejects.toMatchObject({
      code: 'state_damaged',
      message: expect.stringContaining('was written by a newer Sluice (version 2'),
    });
  });

  it.each(['', '../x', 'a/b', 'a\\b', '.', '.hidden', 'a\nb', 'x'.repeat(201), 'é'.repeat(101)])(
    'refuses the connection name %j',
    async (name) => {
      await expect(store.open(name as ConnectionId)).rejects.toMatchObject({ code: 'input_invalid' });
    },
  );

  it.each([
    ['a:b?', 'a%3Ab%3F.json'],
    ['50% *new*', '50%25 %2Anew%2A.json'],
    ['ünï → 日本', 'ünï → 日本.json'],
  ])('keeps connection %j in %j', async (name, file) => {
    await using memory = await store.open(name as ConnectionId);
    await memory.begin([]);
    expect(await readdir(folder)).toContain(file);
  });

  it('refuses a file of another connection, as where names differ in case only', async () => {
    await write(streamState('users', 1));
    const text = await readFile(join(folder, `${connection}.json`), 'utf8');
    await writeFile(join(folder, 'FAKER.json'), text);
    await expect(store.open('FAKER' as ConnectionId)).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('holds the state of connection faker to files'),
    });
  });

  it('says what is wrong with a folder that cannot be used', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(new StateFolder({ folder: join(file, 'x') }).open(connection)).rejects.toMatchObject({
      code: 'storage_failed',
    });
  });

  it('saves nothing once another run has taken it over', async () => {
    await using memory = await store.open(connection);
    await memory.begin([]);
    const before = await readFile(join(folder, `${connection}.json`), 'utf8');
    await writeFile(join(folder, `${connection}.lock`), '{}');
    await expect(memory.commit([])).rejects.toMatchObject({ code: 'state_busy' });
    expect(await readFile(join(folder, `${connection}.json`), 'utf8')).toBe(before);
  });

  it('keeps what was saved when a later save fails', async () => {
    await using memory = await store.open(connection);
    await memory.commit([streamState('users', 1)]);
    // Stands in the way of the draft.
    await mkdir(join(folder, `${connection}.json.tmp`));
    await expect(memory.commit([streamState('users', 2)])).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('cannot save the state in'),
    });
    expect(memory.states).toMatchObject([{ state: { stream: { stream_state: 1 } } }]);
    await rm(join(folder, `${connection}.json.tmp`), { recursive: true });
    await memory.commit([streamState('users', 2)]);
  });

  describe('when an end has changed', () => {
    it('names the field that made the connection a new one, and never a value', async () => {
      await open('old', ends({ page_size: 10, nested: { token_name: 'a' } }, {}));
      const tuned = ends({ page_size: 20, nested: { token_name: 's3cret' } }, {});
      expect(await open('new', tuned)).toEqual([
        {
          code: 'config_changed',
          message:
            'source-faker.page_size, source-faker.nested.token_name changed since connection old, so this is a new connection, which starts anew',
        },
      ]);
      expect(await open('new', tuned)).toEqual([]);
    });

    it('says nothing where both ends have, because that is another connection altogether', async () => {
      await open('old', ends({ page_size: 10 }, {}));
      expect(await open('new', ends({ page_size: 20 }, { path: 'elsewhere' }))).toEqual([]);
    });

    it('tells that an end is run from elsewhere, and reads what was kept before ends told it', async () => {
      const { source, destination } = ends({}, {});
      await open('old', { source, destination });
      const built = { source: { ...source, via: 'built in' }, destination };
      expect(await open('new', built)).toMatchObject([
        {
          message: expect.stringContaining(
            'what source-faker is run from changed since connection old, so this is a new connection',
          ),
        },
      ]);
      expect(await open('new', built)).toEqual([]);
    });

    it('compares with the newest of several', async () => {
      await open('first', ends({ a: 1, b: 1 }, {}));
      await open('second', ends({ a: 2, b: 1 }, {}));
      expect(await open('third', ends({ a: 2, b: 2 }, {}))).toMatchObject([
        { message: expect.stringContaining('source-faker.b changed since connection second') },
      ]);
    });

    it('says nothing of other connectors, equal configs and damaged neighbours', async () => {
      await open('other', { ...ends({ a: 1 }, {}), source: { name: 'source-x', config: { a: 2 } } });
      await open('same', ends({ a: 1, list: [1, { b: null }] }, {}));
      await writeFile(join(folder, 'broken.json'), '{');
      expect(await open('new', ends({ a: 1, list: [1, { b: null }] }, {}))).toEqual([]);
    });

    it('warns that the state of a named connection is kept', async () => {
      await open('named', ends({}, { database: 'a' }));
      expect(await open('named', ends({}, { database: 'b' }))).toEqual([
        {
          code: 'config_changed',
          message:
            'named: destination-jsonl.database changed since the last run; the saved state is kept (a full refresh sends everything again)',
        },
      ]);
      expect(await open('named', ends({}, { database: 'b' }))).toEqual([]);
    });

    it('refuses the name of a connection between other connectors', async () => {
      await open('named', ends({}, {}));
      const others = { ...ends({}, {}), destination: { name: 'destination-x', config: {} } };
      await expect(store.open('named' as ConnectionId, others)).rejects.toMatchObject({
        code: 'input_invalid',
        message: 'connection named is source-faker → destination-jsonl, not source-faker → destination-x',
      });
      expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toEqual([]);
    });

    async function open(name: string, given: ConnectionEnds) {
      await using memory = await store.open(name as ConnectionId, given);
      await memory.begin([]);
      return memory.warnings;
    }
  });

  async function write(state: ReturnType<typeof streamState>): Promise<void> {
    await using memory = await store.open(connection);
    await memory.begin([]);
    await memory.commit([state]);
  }
});

function ends(source: unknown, destination: unknown): ConnectionEnds {
  return {
    source: { name: 'source-faker', config: source },
    destination: { name: 'destination-jsonl', config: destination },
  };
}
