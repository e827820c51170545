import { describe, expect, it } from 'vitest';
import { misbehaving, read, write } from './misbehaving.ts';
import { flowOf, outcome, running } from './running.ts';

const record = '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}';
const state = '{"type":"STATE","state":{"data":{"cursor":1}}}';
const half = '{"type":"RECORD","record":{"stream":"users","data":{"id":';

describe('a source whose output is damaged', () => {
  it('fails at the record that cannot be read, having handed on what was before it', async () => {
    const printed = `${record}\n${state}\n${half}s3cret-${'x'.repeat(100)}\n${record}\n${state}\n`;
    await using executor = prints(printed, 0);
    const { items, error } = await outcome(read(executor, running({ secrets: ['s3cret'] })));
    expect(items.map(({ type }) => type)).toEqual(['RECORDS', 'STATE']);
    expect(error).toMatchObject({
      code: 'protocol_violated',
      message: `source-x: a RECORD cannot be read: it is no valid JSON, line begins ${half}****-${'x'.repeat(80 - half.length - 5)}`,
    });
  });

  it('fails at a state that does not hold what its type says', async () => {
    const malformed = '{"type":"STATE","state":{"type":"STREAM"}}';
    await using executor = prints(`${record}\n${malformed}\n${state}\n`, 0);
    const { items, error } = await outcome(read(executor));
    expect(items.map(({ type }) => type)).toEqual(['RECORDS']);
    expect(error).toMatchObject({
      code: 'protocol_violated',
      message: `source-x: a STATE cannot be read: state: it does not hold what its type says, line begins ${malformed}`,
    });
  });

  it('is told by its exit code where it died in the middle of a record', async () => {
    await using executor = prints(`${record}\n${half}`, 3);
    const { items, error } = await outcome(read(executor));
    expect(items.map(({ type }) => type)).toEqual(['RECORDS']);
    expect(error).toMatchObject({
      code: 'connector_failed',
      message: 'source-x: read failed (exit code 3)',
    });
  });

  it('is told by the record that it cut off where it exits well', async () => {
    await using executor = prints(`${record}\n${half}`, 0);
    expect((await outcome(read(executor))).error).toMatchObject({
      code: 'protocol_violated',
      message: `source-x: a RECORD cannot be read: it is no valid JSON, line begins ${half}`,
    });
  });

  it('may print whatever else it likes', async () => {
    const text = `Downloading…\n{"type":"FUTURE"}\n{"type":"DEBUG","message":"x"}\n{"type":"STATE","st\n{"type`;
    await using executor = prints(`${text}\n${record}\nhalf a line`, 0);
    const { items, error } = await outcome(read(executor));
    expect([items.map(({ type }) => type), error]).toEqual([['RECORDS'], undefined]);
  });
});

describe('a destination whose output is damaged', () => {
  it('is not stopped by it, and the log is warned', async () => {
    await using executor = prints(`{"type":"STATE","state":{"type":"STREAM"}}\n${half}\n${state}\n`, 0);
    const run = running();
    const { items, error } = await outcome(write(executor, flowOf(), run));
    expect([items.map(({ type }) => type), error]).toEqual([['STATE'], undefined]);
    expect(run.entries.map(({ code }) => code)).toEqual(['line_not_understood', 'line_not_understood']);
  });
});

function prints(printed: string, exitCode: number) {
  return misbehaving('prints.sh', { env: { PRINTED: printed, EXIT_CODE: String(exitCode) } });
}
