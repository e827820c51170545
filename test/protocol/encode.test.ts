import { describe, expect, it } from 'vitest';
import { streamKey } from '../../src/protocol/catalog.ts';
import { encodeItems, releaseItems } from '../../src/protocol/encode.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { lineBatch, recordsOf } from '../../src/protocol/record-batch.ts';

const small = () => recordsOf({ name: 'users' }, [{ id: 1 }], 1);
const state: FlowItem = {
  type: 'STATE',
  state: { data: {} },
  line: Buffer.from('{"type":"STATE", "state":{}}'),
};
const complete: FlowItem = {
  type: 'TRACE',
  trace: {
    type: 'STREAM_STATUS',
    emitted_at: 1,
    stream_status: { stream_descriptor: { name: 'users' }, status: 'COMPLETE' },
  },
};

describe('encodeItems', () => {
  it('writes records, states and traces, and nothing else', () => {
    const control: FlowItem = {
      type: 'CONTROL',
      control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config: {} } },
    };
    const [text] = encodeItems([small(), control, state, complete]);
    expect(text?.toString()).toBe(
      `${Buffer.from(small().lines())}{"type":"STATE", "state":{}}\n${JSON.stringify(complete)}\n`,
    );
  });

  it('joins small pieces and passes large ones untouched', () => {
    const large = recordsOf({ name: 'users' }, [{ text: 'x'.repeat(100_000) }], 1);
    const found = encodeItems([small(), state, large, small(), small()]);
    expect(found.length).toBe(3);
    expect(found[1]).toBe(large.lines());
  });

  it('makes nothing of nothing', () => {
    expect(encodeItems([recordsOf({ name: 'users' }, [], 1)])).toEqual([]);
  });
});

describe('releaseItems', () => {
  it('releases the records, whatever else there is', () => {
    const users = streamKey({ name: 'users' });
    let released = 0;
    const onRelease = () => {
      released += 1;
    };
    const lines = Buffer.from(small().lines());
    const tally = [{ stream: users, count: 1, bytes: lines.length }];
    releaseItems([lineBatch(lines, tally, () => users, { onRelease }), state, small(), complete]);
    expect(released).toBe(1);
  });
});
