import { describe, expect, it } from 'vitest';
import { ConfigInvalidError } from '../../src/errors.ts';
import { InProcessExecutor } from '../../src/executors/in-process.ts';
import type { ConnectorProgram, Flow } from '../../src/protocol/flow.ts';
import { all, flowOf, outcome, records, running, silentAfter, stateAt, users } from './running.ts';

const bare: ConnectorProgram = {
  name: 'bare',
  version: '1.0.0',
  spec: { connectionSpecification: {} },
  check: async () => ({ status: 'SUCCEEDED' }),
};

describe('InProcessExecutor', () => {
  it('loads the connector once, and only when it is used', async () => {
    let loads = 0;
    await using executor = new InProcessExecutor('source-x', {
      load: async () => {
        loads += 1;
        return bare;
      },
    });
    expect(loads).toBe(0);
    await executor.prepare();
    await all(executor.run({ command: 'spec' }, running()));
    expect(await executor.version()).toBe('1.0.0');
    expect(loads).toBe(1);
  });

  it('says so when a destination is read, or a source written', async () => {
    await using executor = open({});
    const read = { command: 'read', config: {}, catalog: users, states: [] } as const;
    expect((await outcome(executor.run(read, running()))).error).toMatchObject({
      code: 'input_invalid',
      message: 'source-x: a destination has no read',
    });
    const write = { command: 'write', config: {}, catalog: users, input: flowOf() } as const;
    expect((await outcome(executor.run(write, running()))).error).toMatchObject({
      code: 'input_invalid',
      message: 'source-x: a source has no write',
    });
  });

  it('passes errors of ours as they are', async () => {
    const ours = new ConfigInvalidError('source-x: the config does not fit', { problems: [] });
    await using executor = open({
      check: async () => {
        throw ours;
      },
    });
    expect((await outcome(executor.run({ command: 'check', config: {} }, running()))).error).toBe(ours);
  });

  it('keeps the error of another as the cause, without a secret in it', async () => {
    await using executor = open({
      check: async () => {
        throw new TypeError('no access with s3cret');
      },
    });
    const run = running({ secrets: ['s3cret'] });
    const { error } = await outcome(executor.run({ command: 'check', config: {} }, run));
    expect(error).toMatchObject({
      code: 'connector_failed',
      message: 'source-x: check failed: no access with **** (it threw)',
      cause: { name: 'TypeError', message: 'no access with ****' },
    });
    expect(String((error as Error & { cause: Error }).cause.stack)).not.toContain('s3cret');
  });

  it('rethrows what the input threw, whatever the destination makes of it', async () => {
    const broken = new Error('the source broke');
    const input = async function* (): Flow {
      yield [records(1)];
      throw broken;
    };
    const swallowing = open({
      async *write(_config, _catalog, given) {
        try {
          for await (const _ of given);
        } catch {
          yield [stateAt(1)];
        }
      },
    });
    const { items, error } = await outcome(
      swallowing.run({ command: 'write', config: {}, catalog: users, input: input() }, running()),
    );
    expect(error).toBe(broken);
    expect(items).toMatchObject([{ type: 'STATE' }]);
  });

  it('lets the connector clean up when the loop is left', async () => {
    let cleaned = false;
    await using executor = open({
      async *read() {
        try {
          for (;;) yield [records(1)];
        } finally {
          await new Promise(setImmediate);
          cleaned = true;
        }
      },
    });
    for await (const _ of executor.run(
      { command: 'read', config: {}, catalog: users, states: [] },
      running(),
    ))
      break;
    expect(cleaned).toBe(true);
  });

  it('does not wait longer than the grace period for a connector that ignores the signal', async () => {
    await using executor = new InProcessExecutor('source-x', {
      timeouts: { graceMs: 50 },
      load: async () => ({ ...bare, read: () => silentAfter([records(1)]) }),
    });
    const run = running();
    const iterator = executor
      .run({ command: 'read', config: {}, catalog: users, states: [] }, run)
      [Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    run.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });
});

function open(program: Partial<ConnectorProgram>): InProcessExecutor {
  return new InProcessExecutor('source-x', { load: async () => ({ ...bare, ...program }) });
}
