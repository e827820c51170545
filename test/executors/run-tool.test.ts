import { expect, it } from 'vitest';
import { openTools } from '../../src/executors/run-tool.ts';

it('a tool is done when it has ended, though something that it started holds its stderr open', async () => {
  await using tools = await openTools({
    name: 'source-x',
    env: { PATH: process.env['PATH'] },
    log: () => {},
    mask: (text) => text,
    signal: undefined,
    limitMs: Number.POSITIVE_INFINITY,
    graceMs: 200,
  });
  const began = performance.now();
  const { isOk, stdout } = await tools.run('/bin/sh', ['-c', 'sleep 600 > /dev/null & echo done']);
  expect([isOk, stdout]).toEqual([true, 'done\n']);
  expect(performance.now() - began).toBeLessThan(10_000);
});
