import { describe, expect, it } from 'vitest';
import { SpecOnlyExecutor } from '../../src/executors/spec-only.ts';
import { all, outcome, running, users } from './running.ts';

describe('SpecOnlyExecutor', () => {
  const open = (guidance?: string) =>
    new SpecOnlyExecutor('source-x', { load: async () => ({ connectionSpecification: {} }), guidance });

  it('gives the spec', async () => {
    await using executor = open();
    await executor.prepare();
    const items = await all(executor.run({ command: 'spec' }, running()));
    expect(items).toEqual([{ type: 'SPEC', spec: { connectionSpecification: {} } }]);
  });

  it('refuses all else, and says how it could be run', async () => {
    await using executor = open('Say usePython: true.');
    const refused = { code: 'input_invalid', guidance: 'Say usePython: true.' };
    const read = { command: 'read', config: {}, catalog: users, states: [] } as const;
    expect((await outcome(executor.run(read, running()))).error).toMatchObject(refused);
    expect((await outcome(executor.run({ command: 'check', config: {} }, running()))).error).toMatchObject(
      refused,
    );
    await expect(executor.install()).rejects.toMatchObject(refused);
    await expect(executor.uninstall()).rejects.toMatchObject(refused);
    expect(await executor.version()).toBeUndefined();
  });
});
