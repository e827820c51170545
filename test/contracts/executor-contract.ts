import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConnectorFailedError } from '../../src/errors.ts';
import type { Flow } from '../../src/protocol/flow.ts';
import { parseLossless } from '../../src/protocol/lossless-json.ts';
import {
  all,
  flowOf,
  outcome,
  records,
  rows,
  running,
  silentAfter,
  stateAt,
  states,
  users,
} from '../executors/running.ts';
import { calledOf, type ExecutorUnderTest, read, write } from './executor-calls.ts';
import { executorStopping } from './executor-stopping.ts';

/** What every executor promises, whatever it runs a connector by. */
export function executorContract(name: string, underTest: ExecutorUnderTest): void {
  const { open, isProcess } = underTest;
  executorStopping(name, underTest);
  describe(`${name} keeps the contract of an executor`, () => {
    it('gives the spec', async () => {
      await using executor = open();
      const [spec] = await all(executor.run({ command: 'spec' }, running()));
      expect(spec).toMatchObject({ type: 'SPEC', spec: { connectionSpecification: { type: 'object' } } });
    });

    it('gives the status of a check, with secrets masked', async () => {
      await using executor = open();
      const good = await all(executor.run({ command: 'check', config: { token: 'good' } }, running()));
      expect(good).toMatchObject([{ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } }]);
      const bad = await all(
        executor.run({ command: 'check', config: { token: 's3cret' } }, running({ secrets: ['s3cret'] })),
      );
      expect(bad).toMatchObject([{ connectionStatus: { status: 'FAILED', message: 'no ****' } }]);
    });

    it('gives the catalog', async () => {
      await using executor = open();
      const [found] = await all(executor.run({ command: 'discover', config: {} }, running()));
      expect(found).toMatchObject({ type: 'CATALOG', catalog: { streams: [{ name: 'users' }] } });
    });

    it('reads records and states in their order', async () => {
      await using executor = open();
      const items = await all(read(executor, { count: 5 }));
      expect(rows(items).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
      expect(items.at(-1)?.type).toBe('STATE');
      expect(states(items)).toEqual([{ position: 5 }]);
    });

    it('hands over the catalog, and the states with every digit', async () => {
      await using executor = open();
      const exact = parseLossless('{"position":12345678901234567890.10}');
      const stream = { stream_descriptor: { name: 'users' }, stream_state: exact };
      const items = await all(
        executor.run(
          {
            command: 'read',
            config: {},
            catalog: users,
            states: [{ type: 'STATE', state: { type: 'STREAM', stream } }],
          },
          running(),
        ),
      );
      const called = calledOf(items);
      expect(called['catalog']).toEqual(users);
      expect(called['states']).toMatchObject([
        { type: 'STREAM', stream: { stream_descriptor: { name: 'users' } } },
      ]);
    });

    it('gives no states where there are none', async () => {
      await using executor = open();
      expect(calledOf(await all(read(executor, {})))['states']).toBeNull();
    });

    it('logs what the connector logs, with secrets masked', async () => {
      await using executor = open();
      const run = running({ secrets: ['s3cret'] });
      await all(
        executor.run({ command: 'read', config: { token: 's3cret' }, catalog: users, states: [] }, run),
      );
      expect(run.entries).toContainEqual(
        expect.objectContaining({
          level: 'INFO',
          message: 'signed in with ****',
          connector: 'source-scripted',
        }),
      );
    });

    it('writes what it is given and yields what comes back', async () => {
      await using executor = open();
      const run = running();
      const input = flowOf([records(1, 2), stateAt(2)], [records(3), stateAt(3)]);
      const items = await all(executor.run({ command: 'write', config: {}, catalog: users, input }, run));
      expect(states(items)).toEqual([{ position: 2 }, { position: 3 }]);
      expect(run.entries.map(({ message }) => message)).toContain('took 3 records');
    });

    it('yields what is confirmed, then rethrows the same error, when the input throws', async () => {
      await using executor = open();
      const broken = new Error('the source broke');
      const input = async function* (): Flow {
        yield [records(1), stateAt(1)];
        throw broken;
      };
      const { items, error } = await outcome(write(executor, {}, input()));
      expect(error).toBe(broken);
      expect(states(items)).toEqual([{ position: 1 }]);
    });

    it('fails a destination that ends well before it has taken all', async () => {
      await using executor = open();
      const { error } = await outcome(
        write(executor, { behaviour: 'leaves early' }, silentAfter([records(1, 2)])),
      );
      // A served connector finds out by itself, and fails with these words.
      const isTold = error instanceof ConnectorFailedError && /had taken all records/.test(error.message);
      if (!isTold) expect(error).toMatchObject({ code: 'delivery_unconfirmed' });
    });

    it('fails a connector that reports an error, though it ends well', async () => {
      await using executor = open();
      const run = running({ secrets: ['s3cret'] });
      const { error } = await outcome(
        executor.run(
          {
            command: 'read',
            config: { token: 's3cret', behaviour: 'reports an error' },
            catalog: users,
            states: [],
          },
          run,
        ),
      );
      expect(error).toMatchObject({
        code: 'connector_failed',
        message: expect.stringMatching(/^source-scripted: read failed: rejected \*{4} \(.+\)$/),
      });
    });

    it('fails a connector that breaks, in one line without a secret, which says so once', async () => {
      await using executor = open();
      const { error } = await outcome(
        executor.run(
          { command: 'read', config: { token: 's3cret', behaviour: 'fails' }, catalog: users, states: [] },
          running({ secrets: ['s3cret'] }),
        ),
      );
      expect(error).toMatchObject({
        code: 'connector_failed',
        message: expect.stringMatching(
          /^source-scripted: read failed: (?!.*(failed|source-scripted)).*broken by \*{4} \(.+\)$/,
        ),
      });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('s3cret');
    });

    it('gives up a check that takes too long', async () => {
      await using executor = open({ commandMs: 300 });
      const { error } = await outcome(
        executor.run({ command: 'check', config: { token: 'good', behaviour: 'silent' } }, running()),
      );
      expect(error).toMatchObject({
        code: 'stalled',
        message: expect.stringContaining('source-scripted: check'),
      });
    });

    it.runIf(isProcess)('keeps config, catalog and state to this user, and removes them', async () => {
      await using executor = open();
      const called = calledOf(
        await all(
          executor.run(
            { command: 'read', config: { token: 's3cret' }, catalog: users, states: [stateAt(7)] },
            running(),
          ),
        ),
      );
      expect(called).toMatchObject({ configMode: 0o600, folderMode: 0o700 });
      expect(called['states']).toEqual([stateAt(7).state]);
      expect(JSON.stringify(called['arguments'])).not.toContain('s3cret');
      expect(existsSync(String(called['folder']))).toBe(false);
    });

    it.runIf(isProcess)('gives the connector the environment it needs, not ours', async () => {
      process.env['OUR_OWN_SECRET'] = 'x';
      try {
        await using executor = open();
        const names = calledOf(await all(read(executor, {})))['environment'];
        expect(names).toContain('PATH');
        expect(names).toContain('PYTHONUNBUFFERED');
        expect(names).toContain('ADDED');
        expect(names).not.toContain('OUR_OWN_SECRET');
      } finally {
        delete process.env['OUR_OWN_SECRET'];
      }
    });
  });
}
