import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ProcessExecutor } from '../../src/executors/process.ts';
import type { Flow } from '../../src/protocol/flow.ts';
import { endless, misbehaving, read, write } from './misbehaving.ts';
import {
  all,
  fixture,
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
} from './running.ts';

describe('a process that misbehaves', () => {
  it('is ended with the processes that it has started', async () => {
    await using executor = misbehaving('starts-a-grandchild.mjs');
    const pids = await firstRow(read(executor));
    expect(isRunning(Number(pids['pid']))).toBe(false);
    // Killed with its group; it is gone once the system's first process has collected it.
    await vi.waitFor(() => expect(isRunning(Number(pids['grandchild']))).toBe(false));
  });

  it('does not keep the flow open by what it leaves behind, which is ended', async () => {
    await using executor = misbehaving('leaves-its-output-open.mjs');
    const [row] = rows(await all(read(executor)));
    await vi.waitFor(() => expect(isRunning(Number(row?.['grandchild']))).toBe(false));
  });

  it('is killed when it does not end in its grace period', async () => {
    await using executor = misbehaving('ignores-sigterm.mjs', { timeouts: { graceMs: 200 } });
    const { pid } = await firstRow(read(executor));
    expect(isRunning(Number(pid))).toBe(false);
  });

  it('settles an abort within 100 ms though it does not end, and is gone once disposed', async () => {
    const executor = misbehaving('ignores-sigterm.mjs', { timeouts: { graceMs: 500 } });
    const run = running();
    const iterator = read(executor, run)[Symbol.asyncIterator]();
    const first = await iterator.next();
    const pending = iterator.next();
    const began = performance.now();
    run.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(performance.now() - began).toBeLessThan(100);
    await executor[Symbol.asyncDispose]();
    expect(isRunning(Number(rows(first.value ?? [])[0]?.['pid']))).toBe(false);
  });

  it('may say what it likes while it is stopped, and clean up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cleaned-'));
    const file = join(folder, 'cleaned');
    try {
      await using executor = misbehaving('cleans-up-on-sigterm.mjs', { env: { CLEANED: file } });
      await firstRow(read(executor));
      expect(readFileSync(file, 'utf8')).toBe('cleaned');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fails when it closes its output and does not exit', async () => {
    await using executor = misbehaving('closes-its-output.mjs', { timeouts: { drainMs: 200 } });
    const { items, error } = await outcome(read(executor));
    expect(error).toMatchObject({ code: 'stalled', message: expect.stringContaining('closed its output') });
    expect(isRunning(Number(rows(items)[0]?.['pid']))).toBe(false);
  });

  it('may rewrite its config in place', async () => {
    await using executor = misbehaving('migrates-its-config.mjs');
    const items = await all(
      executor.run({ command: 'read', config: { a: 1 }, catalog: users, states: [] }, running()),
    );
    expect(rows(items)).toEqual([{ a: 1, migrated: true }]);
  });
});

describe('a process that fails', () => {
  it('is told by its exit code and the telling line of stderr, with the last twenty in the context', async () => {
    const said = [...Array(30).keys()].map((at) => `line ${at}`);
    const env = { EXIT_CODE: '3', SAID: [...said, 'KeyError: s3cret', '  at frame'].join('\n') };
    await using executor = misbehaving('exits.sh', { env });
    const run = running({ secrets: ['s3cret'] });
    const { error } = await outcome(read(executor, run));
    expect(error).toMatchObject({
      code: 'connector_failed',
      message: 'source-x: read failed: KeyError: **** (exit code 3)',
      context: { exitCode: 3, stderr: [...said.slice(-18), 'KeyError: ****', '  at frame'] },
    });
    const logged = run.entries.filter(({ origin }) => origin === 'stderr');
    expect(logged).toHaveLength(32);
    expect(logged.at(-2)).toEqual({
      level: 'ERROR',
      message: 'KeyError: ****',
      connector: 'source-x',
      origin: 'stderr',
    });
    expect(JSON.stringify([run.entries, error])).not.toContain('s3cret');
  });

  it('does not tell what it was given in variables with telling names', async () => {
    const env = { API_TOKEN: 's3cret', REGION: 'north', EXIT_CODE: '3', SAID: 'no s3cret in north' };
    await using executor = misbehaving('exits.sh', { env });
    const run = running({ secrets: ['no'] });
    const { error } = await outcome(read(executor, run));
    expect(error).toMatchObject({ message: 'source-x: read failed: **** **** in ****rth (exit code 3)' });
    expect(JSON.stringify([run.entries, error])).not.toContain('s3cret');
  });

  it('is told by the signal that ended it, and that memory may have run out', async () => {
    await using executor = misbehaving('is-killed.sh', { env: { KILLED_BY: 'KILL' } });
    expect((await outcome(read(executor))).error).toMatchObject({
      message: 'source-x: read failed (killed by SIGKILL)',
      guidance: expect.stringContaining('memory'),
    });
  });

  it('counts as failed when somebody else has stopped it', async () => {
    await using executor = misbehaving('exits.sh', { env: { EXIT_CODE: '143', SAID: '' } });
    expect((await outcome(read(executor))).error).toMatchObject({
      message: 'source-x: read failed (exit code 143)',
      guidance: expect.stringContaining('did not stop it'),
    });
  });

  it('says so when there is nothing to run', async () => {
    const cases: readonly (readonly [string, RegExp, RegExp])[] = [
      ['no-such-program-anywhere', /no executable "no-such-program-anywhere" on PATH/, /path/],
      ['./no/such/file', /there is no file .*no\/such\/file/, /path/],
      [fixture('misbehave'), /is a folder/, /inside/],
      [fixture('misbehave/is-not-executable.sh'), /is not executable/, /chmod \+x/],
    ];
    for (const [command, message, guidance] of cases) {
      await using executor = new ProcessExecutor('source-x', { command });
      const told = {
        code: 'not_runnable',
        message: expect.stringMatching(message),
        guidance: expect.stringMatching(guidance),
      };
      await expect(executor.prepare()).rejects.toMatchObject(told);
      expect((await outcome(read(executor))).error).toMatchObject(told);
    }
  });

  it('says so when its interpreter is missing', async () => {
    await using executor = misbehaving('has-no-interpreter.sh');
    const { error } = await outcome(read(executor));
    expect(error).toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(/^source-x: cannot be started: .*has-no-interpreter/),
    });
  });

  it('passes on what the log throws, having drained stderr', async () => {
    const broken = new Error('the disk of the log is full');
    const lines = 'x'.repeat(1000).concat('\n').repeat(100);
    await using executor = misbehaving('exits.sh', { env: { EXIT_CODE: '0', SAID: lines } });
    const log = () => {
      throw broken;
    };
    expect((await outcome(read(executor, { ...running(), log }))).error).toBe(broken);
  });

  it('has nothing to install', async () => {
    await using executor = misbehaving('exits.sh');
    await expect(executor.install()).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(executor.uninstall()).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await executor.version()).toBeUndefined();
  });
});

describe('a destination that misbehaves', () => {
  it('may talk as much as it likes before it listens', async () => {
    await using executor = misbehaving('talks-before-it-listens.mjs');
    const many = [...Array(200).keys()];
    const input = flowOf(...many.map((at) => [records(at), stateAt(at)]));
    const run = running();
    const items = await all(write(executor, input, run));
    expect(states(items)).toEqual(many.map((position) => ({ position })));
  });

  it('fails at once when it leaves while the input is silent', async () => {
    await using executor = misbehaving('takes-one-record.mjs', { env: { EXIT_CODE: '0' } });
    expect((await outcome(write(executor, silentAfter([records(1)])))).error).toMatchObject({
      code: 'delivery_unconfirmed',
      message: 'source-x: exited before it had taken all records (exit code 0)',
    });
  });

  it('is told by its exit code, not by the broken pipe, when it fails amid its input', async () => {
    await using executor = misbehaving('takes-one-record.mjs', { env: { EXIT_CODE: '7' } });
    expect((await outcome(write(executor, endless()))).error).toMatchObject({
      code: 'connector_failed',
      message: 'source-x: write failed (exit code 7)',
    });
  });

  it('fails when it closes its input and does not exit', async () => {
    await using executor = misbehaving('closes-its-input.mjs', { timeouts: { drainMs: 200 } });
    expect((await outcome(write(executor, endless()))).error).toMatchObject({
      code: 'stalled',
      message: 'source-x: it closed its input but did not exit within 200 ms',
    });
  });

  it('is killed when it does not end after its input broke, and the error is the input’s', async () => {
    await using executor = misbehaving('never-listens.mjs', { timeouts: { drainMs: 200 } });
    const broken = new Error('the source broke');
    const input = async function* (): Flow {
      yield [records(1)];
      throw broken;
    };
    expect((await outcome(write(executor, input()))).error).toBe(broken);
  });
});

/** The first row of a flow, which is left then. */
async function firstRow(flow: Flow): Promise<Readonly<Record<string, unknown>>> {
  for await (const items of flow) {
    const [row] = rows(items);
    if (row !== undefined) return row;
  }
  throw new Error('no record came');
}
