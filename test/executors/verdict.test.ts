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

it('of an error in which the kit says nothing the words are those beside it', () => {
  const verdict = openVerdict('source-x', 'read', running());
  verdict.observe([
    errorNamed('Something went wrong in the connector. See the logs for more details.', 'no such table'),
  ]);
  expect(verdict.failure({ how: 'exit code 1' }).message).toBe(
    'source-x: read failed: no such table (exit code 1)',
  );
});

it.each([
  ['destination-x: write failed: no such table', 'no such table (exit code 1)'],
  [
    'destination-x: the config is not valid: "path" is missing',
    'the config is not valid: "path" is missing (exit code 1)',
  ],
  ['tables: write failed: no such table (it threw)', 'no such table (it threw) (exit code 1)'],
  ['Write failed: destination-x: no such table', 'no such table (exit code 1)'],
  ['write failed to begin: no such table', 'write failed to begin: no such table (exit code 1)'],
  ['read failed: no such table', 'read failed: no such table (exit code 1)'],
])('says once who failed and at what, also where the connector says it too: %s', (said, told) => {
  const verdict = openVerdict('destination-x', 'write', running());
  verdict.observe([errorNamed(said)]);
  expect(verdict.failure({ how: 'exit code 1' }).message).toBe(`destination-x: write failed: ${told}`);
});

it('has no words of its own for a connector that only says that it failed', () => {
  const verdict = openVerdict('destination-x', 'write', running());
  verdict.observe([errorNamed('destination-x: write failed')]);
  const { message } = verdict.failure({ how: 'exit code 1' });
  expect(message).toBe('destination-x: write failed (exit code 1)');
});

function errorNamed(message: string, internal_message?: string): FlowItem {
  const error = { message, ...(internal_message === undefined ? {} : { internal_message }) };
  return { type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error } };
}
