import { expect, it } from 'vitest';
import { openVerdict } from '../../src/executors/verdict.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { running } from './running.ts';

it('of a connector that reports an error for each record the first ten are kept', () => {
  const verdict = openVerdict('source-x', 'read', running());
  for (let at = 0; at < 1000; at += 1) verdict.observe([errorNamed(`error ${at}`)]);
  const failure = verdict.failure({ how: 'exit code 1' });
  expect(verdict.errors).toHaveLength(10);
  expect(failure.message).toBe('source-x: read failed: error 0 (exit code 1)');
  expect(failure.context['traceErrors']).toHaveLength(10);
});

function errorNamed(message: string): FlowItem {
  return { type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error: { message } } };
}
