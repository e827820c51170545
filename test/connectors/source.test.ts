import { describe, expect, it } from 'vitest';
import { getSource } from '../../src/connectors/source.ts';
import {
  CallbackError,
  CheckFailedError,
  ConfigInvalidError,
  ConnectorFailedError,
  InputError,
  ProtocolError,
  StoppedError,
  StreamUnknownError,
} from '../../src/errors.ts';
import {
  answering,
  catalogLine,
  gathered,
  keptLog,
  recordLine,
  specLine,
  statusLine,
  thrownBy,
  usersStream,
} from './answering.ts';

const log = { type: 'LOG', log: { level: 'INFO', message: 'hello' } };
const fail = {
  type: 'TRACE',
  trace: { type: 'ERROR', emitted_at: 1, error: { message: 'no such account' } },
};

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('spec', () => {
  it('takes the first answer, whatever was logged before it', async () => {
    const { log: sink, entries } = keptLog();
    const source = getSource(
      'x',
      {},
      answering({
        spec: { lines: [log, 'not json', specLine, { ...specLine, spec: { connectionSpecification: {} } }] },
      }),
    );
    expect(await source.spec({ log: sink })).toEqual(specLine.spec);
    expect(entries.map(({ message }) => message)).toContain('hello');
  });

  it.each(['spec', 'check', 'discover'] as const)('that is never said is an error: %s', async (command) => {
    const source = getSource('x', {}, answering({ [command]: { lines: [log] } }));
    const error = await thrownBy(() => source[command]());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringContaining(`x: ${command} ended without a`) });
  });

  it('followed by a failing exit or a reported error is an error', async () => {
    await expect(
      getSource('x', {}, answering({ spec: { lines: [specLine], exit: 3 } })).spec(),
    ).rejects.toThrow(ConnectorFailedError);
    await expect(getSource('x', {}, answering({ spec: { lines: [specLine, fail] } })).spec()).rejects.toThrow(
      'no such account',
    );
  });
});

describe('check', () => {
  it('returns when the connector is content', async () => {
    expect(await getSource('x', {}, answering()).check()).toBeUndefined();
  });

  it.each([0, 1])('throws with the connector’s own words, also with exit code %i', async (exit) => {
    const source = getSource(
      'x',
      {},
      answering({ check: { lines: [statusLine('FAILED', 'wrong password')], exit } }),
    );
    const error = await thrownBy(() => source.check());
    expect(error).toBeInstanceOf(CheckFailedError);
    expect(error).toMatchObject({ message: 'x: check failed: wrong password' });
  });

  it('validates the config first, and starts nothing more when it does not fit', async () => {
    const source = getSource('x', { page_size: 'big' }, answering({ check: { exit: 9 } }));
    const error = await thrownBy(() => source.check());
    expect(error).toBeInstanceOf(ConfigInvalidError);
    expect(error).toMatchObject({
      message: 'x: the config is not valid: page_size must be an integer, and is a string',
      problems: [{ path: 'page_size', message: 'must be an integer, and is a string' }],
    });
    expect(await source.setConfig({ page_size: 5 }).validateConfig()).toBeUndefined();
  });

  it('masks secrets in what the connector says', async () => {
    const options = answering({ check: { lines: [statusLine('FAILED', 'token hunter22 is no good')] } });
    await expect(getSource('x', { token: 'hunter22' }, options).check()).rejects.toThrow(
      'token **** is no good',
    );
  });
});

describe('discover', () => {
  it('is asked once for a config', async () => {
    const source = getSource('x', {}, answering());
    const catalog = await source.discover();
    expect(await source.discover()).toBe(catalog);
    expect(await source.setConfig({}).discover()).not.toBe(catalog);
    expect(await source.getAvailableStreams()).toEqual(['users']);
    expect(await source.getStreamSchema('users')).toEqual(usersStream.json_schema);
    await expect(source.getStreamSchema('user')).rejects.toThrow(StreamUnknownError);
  });
});

describe('a selection', () => {
  const catalog = catalogLine(usersStream, { ...usersStream, name: 'orders', namespace: 'shop' });
  const source = () => getSource('x', {}, answering({ discover: { lines: [catalog] } }));

  it('is all, unless some are named', async () => {
    expect(await source().getSelectedStreams()).toEqual(['users', 'shop.orders']);
    expect(await source().selectStreams('orders').getSelectedStreams()).toEqual(['shop.orders']);
    expect(await source().selectStreams('users').selectAllStreams().getSelectedStreams()).toHaveLength(2);
  });

  it('is given as an option too', async () => {
    const options = { ...answering({ discover: { lines: [catalog] } }), streams: ['users'] };
    expect(await getSource('x', {}, options).getSelectedStreams()).toEqual(['users']);
    expect(() => getSource('x', {}, { ...options, streams: [] })).toThrow(
      'the selection of streams is empty',
    );
  });

  it('is checked only when the catalog is needed', async () => {
    const wrong = source().selectStreams('nothing');
    await expect(wrong.getSelectedStreams()).rejects.toThrow('x has no stream "nothing"');
  });

  it('shows in the configured catalog, with the keys that were set', async () => {
    const { streams } = await source()
      .selectStreams(['users'])
      .setCursorKeys({ users: ['address', 'city'] })
      .setPrimaryKeys({ users: ['id', ['address', 'city']] })
      .configuredCatalog();
    expect(streams).toEqual([
      {
        stream: usersStream,
        sync_mode: 'incremental',
        destination_sync_mode: 'append_dedup',
        cursor_field: ['address', 'city'],
        primary_key: [['id'], ['address', 'city']],
      },
    ]);
  });

  it('refuses keys that name no field, at once', () => {
    expect(() => source().setPrimaryKey('users', [])).toThrow(InputError);
    expect(() => source().setCursorKey('users', [])).toThrow(InputError);
  });
});

describe('getRecords', () => {
  it('gives rows without losing a digit', async () => {
    const line =
      '{"type":"RECORD","record":{"stream":"users","data":{"id":9007199254740993},"emitted_at":1}}';
    const source = getSource('x', {}, answering({ read: { lines: [line, recordLine({ id: 2 })] } }));
    expect(await gathered(source.getRecords('users'))).toEqual([{ id: 9007199254740993n }, { id: 2 }]);
  });

  it('stops the connector when the loop is left', async () => {
    const source = getSource('x', {}, answering({ read: { endless: true } }));
    let pid = 0;
    for await (const row of source.getRecords('users')) {
      pid = Number(row['pid']);
      if (row['id'] === 3) break;
    }
    expect(pid).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(false);
  });

  it('stops the connector at the limit', async () => {
    const source = getSource('x', {}, answering({ read: { endless: true } }));
    const rows = await gathered(source.getRecords('users', { limit: 5 }));
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(isRunning(Number(rows[0]?.['pid']))).toBe(false);
    expect(await gathered(source.getRecords('users', { limit: 0 }))).toEqual([]);
    expect(() => source.getRecords('users', { limit: -1 })).toThrow(InputError);
  });

  it('ends when its signal aborts', async () => {
    const source = getSource('x', {}, answering({ read: { endless: true } }));
    const controller = new AbortController();
    const error = await thrownBy(async () => {
      for await (const row of source.getRecords('users', { signal: controller.signal }))
        if (row['id'] === 3) controller.abort();
    });
    expect(error).toBeInstanceOf(StoppedError);
  });

  it('fails when the connector does, after the rows that came', async () => {
    const source = getSource('x', {}, answering({ read: { lines: [recordLine({ id: 1 }), fail], exit: 1 } }));
    const rows: unknown[] = [];
    const error = await thrownBy(async () => {
      for await (const row of source.getRecords('users')) rows.push(row);
    });
    expect(rows).toEqual([{ id: 1 }]);
    expect(error).toBeInstanceOf(ConnectorFailedError);
  });

  it('fails after the rows that came when the connector leaves the stream incomplete', async () => {
    const status = (value: string) => ({
      type: 'TRACE',
      trace: {
        type: 'STREAM_STATUS',
        emitted_at: 1,
        stream_status: { stream_descriptor: { name: 'users' }, status: value },
      },
    });
    const lines = [recordLine({ id: 1 }), recordLine({ id: 2 }), status('INCOMPLETE')];
    const source = getSource('x', {}, answering({ read: { lines } }));
    const rows: unknown[] = [];
    const error = await thrownBy(async () => {
      for await (const row of source.getRecords('users')) rows.push(row);
    });
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
    expect(error).toBeInstanceOf(ConnectorFailedError);
    expect(error).toMatchObject({ message: 'x: left users incomplete' });
    expect(await gathered(source.getRecords('users', { limit: 1 }))).toEqual([{ id: 1 }]);

    const mended = answering({ read: { lines: [...lines, status('COMPLETE')] } });
    expect(await gathered(getSource('x', {}, mended).getRecords('users'))).toHaveLength(2);
  });

  it('refuses records of another stream', async () => {
    const source = getSource('x', {}, answering({ read: { lines: [recordLine({ id: 1 }, 'orders')] } }));
    await expect(gathered(source.getRecords('users'))).rejects.toThrow('sent records of stream "orders"');
  });
});

describe('getSamples', () => {
  it('gives the first rows of every stream', async () => {
    const samples = await getSource('faker', { count: 10, seed: 1 })
      .selectStreams(['users', 'products'])
      .getSamples({ limit: 2 });
    expect(Object.keys(samples)).toEqual(['products', 'users']);
    expect(samples['users']?.map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe('a config that the connector changes', () => {
  const control = (config: object) => ({
    type: 'CONTROL',
    control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config } },
  });
  const changing = answering({
    read: {
      lines: [
        control({ token: 'rotated99' }),
        { ...log, log: { level: 'INFO', message: 'rotated99 and first11' } },
        recordLine({ id: 1 }),
      ],
    },
  });

  it('is handed on whole and awaited, kept in memory, and its secrets are masked', async () => {
    const order: unknown[] = [];
    const { log: sink, entries } = keptLog();
    const source = getSource(
      'x',
      { token: 'first11' },
      {
        ...changing,
        onConfigChange: async (config) => {
          await Promise.resolve();
          order.push(config, source.getConfig());
        },
      },
    );
    for await (const row of source.getRecords('users', { log: sink })) order.push(row);
    expect(order).toEqual([{ token: 'rotated99' }, { token: 'rotated99' }, { id: 1 }]);
    expect(source.getConfig()).toEqual({ token: 'rotated99' });
    expect(entries.map(({ message }) => message)).toContain('**** and ****');
    const via = expect.stringContaining('answering.sh');
    expect(await source.connectionEnd()).toEqual({ name: 'x', via, config: {} });
  });

  it('that cannot be stored is an error, and still kept in memory', async () => {
    const onConfigChange = () => {
      throw new Error('disk full, rotated99 lost');
    };
    const source = getSource('x', { token: 'first11' }, { ...changing, onConfigChange });
    const error = await thrownBy(() => gathered(source.getRecords('users')));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({ message: 'x: onConfigChange failed: disk full, **** lost' });
    expect(source.getConfig()).toEqual({ token: 'rotated99' });
  });
});
