import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { isRunning, outcome, running, users } from '../executors/running.ts';
import { calledOf, type ExecutorUnderTest, read } from './executor-calls.ts';

/** What every executor promises about its end: by leaving, by aborting, by disposing. */
export function executorStopping(name: string, { open, isProcess, isGone }: ExecutorUnderTest): void {
  describe(`${name} ends when it is to`, () => {
    it('is gone, process and files, when the loop is left', async () => {
      await using executor = open();
      let called: Readonly<Record<string, unknown>> | undefined;
      for await (const items of read(executor, { behaviour: 'endless' })) {
        called = calledOf(items);
        break;
      }
      await expectGone(called);
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
      await expectGone(calledOf(items));
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
      await expectGone(calledOf(seen));
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
      await expectGone(calledOf(first.done === true ? [] : first.value));
    });
  });

  async function expectGone(called: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    if (!isProcess) return;
    expect(called).toMatchObject({ pid: expect.any(Number), folder: expect.any(String) });
    if (isGone !== undefined) {
      expect(await isGone()).toBe(true);
      return;
    }
    expect(isRunning(Number(called?.['pid']))).toBe(false);
    expect(existsSync(String(called?.['folder']))).toBe(false);
  }
}
