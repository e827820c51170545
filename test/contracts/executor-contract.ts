import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Executor, Flow, FlowItem } from '../../src/protocol/flow.ts';
import { parseLossless } from '../../src/protocol/lossless-json.ts';
import {
  all,
  flowOf,
  isRunning,
  outcome,
  records,
  rows,
  running,
  silentAfter,
  stateAt,
  states,
  users,
} from '../executors/running.ts';

interface ExecutorUnderTest {
  /** Makes an executor of the scripted connector (test/fixtures/connectors/scripted). */
  readonly open: () => Executor;
  /** Whether it runs as a process of its own, with files. */
  readonly isProcess: boolean;
}

/** What every executor promises, whatever it runs a connector by. */
export function executorContract(name: string, { open, isProcess }: ExecutorUnderTest): void {
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
      expect(error).toMatchObject({ code: 'delivery_unconfirmed' });
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

    it('fails a connector that breaks, in one line without a secret', async () => {
      await using executor = open();
      const { error } = await outcome(
        executor.run(
          { command: 'read', config: { token: 's3cret', behaviour: 'fails' }, catalog: users, states: [] },
          running({ secrets: ['s3cret'] }),
        ),
      );
      expect(error).toMatchObject({
        code: 'connector_failed',
        message: expect.stringMatching(/^source-scripted: read failed: .*broken by \*{4} \(.+\)$/),
      });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('s3cret');
    });

    it('is gone, process and files, when the loop is left', async () => {
      await using executor = open();
      let called: Readonly<Record<string, unknown>> | undefined;
      for await (const items of read(executor, { behaviour: 'endless' })) {
        called = calledOf(items);
        break;
      }
      expectGone(called);
    });

    it('is gone, process and files, when the loop is left while it is silent', async () => {
      await using executor = open();
      const iterator = read(executor, { behaviour: 'silent' })[Symbol.asyncIterator]();
      const items: FlowItem[] = [];
      while (!items.some(({ type }) => type === 'STATE')) {
        const step = await iterator.next();
        if (step.done !== true) items.push(...step.value);
      }
      const pending = iterator.next();
      await iterator.return?.();
      expect(await pending).toMatchObject({ done: true });
      expectGone(calledOf(items));
    });

    it('settles within 100 ms of an abort, and is gone when disposed', async () => {
      const executor = open();
      const run = running();
      const flow = executor.run(
        { command: 'read', config: { behaviour: 'silent' }, catalog: users, states: [] },
        run,
      );
      const seen: FlowItem[] = [];
      const reason = new Error('enough');
      let abortedAt = 0;
      let error: unknown;
      try {
        for await (const items of flow) {
          seen.push(...items);
          if (!items.some(({ type }) => type === 'STATE')) continue;
          // In the next turn of the loop the connector says nothing any more.
          setImmediate(() => {
            abortedAt = performance.now();
            run.abort(reason);
          });
        }
      } catch (thrown) {
        error = thrown;
      }
      expect(performance.now() - abortedAt).toBeLessThan(100);
      expect(error).toBe(reason);
      await executor[Symbol.asyncDispose]();
      expectGone(calledOf(seen));
    });

    it('starts nothing when it was aborted before', async () => {
      await using executor = open();
      const run = running();
      const reason = new Error('too late');
      run.abort(reason);
      const { items, error } = await outcome(executor.run({ command: 'spec' }, run));
      expect({ items, error }).toEqual({ items: [], error: reason });
    });

    it('stops what runs when it is disposed', async () => {
      const executor = open();
      const iterator = read(executor, { behaviour: 'silent' })[Symbol.asyncIterator]();
      const first = await iterator.next();
      const rest = outcome({ [Symbol.asyncIterator]: () => iterator });
      await executor[Symbol.asyncDispose]();
      expect((await rest).error).toMatchObject({ code: 'stopped' });
      expectGone(calledOf(first.done === true ? [] : first.value));
    });

    it('gives up a check that takes too long', async () => {
      await using executor = open();
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
      expectGone(called);
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

  function expectGone(called: Readonly<Record<string, unknown>> | undefined): void {
    if (!isProcess) return;
    expect(called).toMatchObject({ pid: expect.any(Number), folder: expect.any(String) });
    expect(isRunning(Number(called?.['pid']))).toBe(false);
    expect(existsSync(String(called?.['folder']))).toBe(false);
  }
}

function read(executor: Executor, config: Readonly<Record<string, unknown>>): Flow {
  return executor.run({ command: 'read', config, catalog: users, states: [] }, running());
}

function write(executor: Executor, config: Readonly<Record<string, unknown>>, input: Flow): Flow {
  return executor.run({ command: 'write', config, catalog: users, input }, running());
}

/** How the connector says it was called: in its first record. */
function calledOf(items: Parameters<typeof rows>[0]): Readonly<Record<string, unknown>> {
  const called = rows(items)[0]?.['called'];
  if (typeof called !== 'object' || called === null) throw new Error('the first record says nothing');
  return { ...called };
}
