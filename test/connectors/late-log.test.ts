import { describe, expect, it } from 'vitest';
import { lateLog } from '../../src/connectors/late-log.ts';
import { keptLog } from './answering.ts';

const entry = (message: string) => ({ level: 'INFO', message }) as const;

describe('a late log', () => {
  it('masks what became a secret just after it was logged', async () => {
    const { log, entries } = keptLog();
    const secrets: string[] = [];
    const late = lateLog(log, () => secrets);
    late.log({ ...entry('the new token is rotated99'), stackTrace: 'rotated99' });
    secrets.push('rotated99');
    expect(entries).toEqual([]);
    await new Promise(setImmediate);
    expect(entries).toEqual([{ ...entry('the new token is ****'), stackTrace: '****' }]);
  });

  it('hands on what waits when it is told to', () => {
    const { log, entries } = keptLog();
    const late = lateLog(log, () => []);
    late.log(entry('one'));
    late.log(entry('two'));
    late.flush();
    expect(entries.map(({ message }) => message)).toEqual(['one', 'two']);
  });

  it('throws at its end what the log threw on the way', async () => {
    const late = lateLog(
      () => {
        throw new Error('no room');
      },
      () => [],
    );
    late.log(entry('one'));
    await new Promise(setImmediate);
    expect(() => late.end()).toThrow('no room');
  });
});
