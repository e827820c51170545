import { describe, expect, it } from 'vitest';
import { encodeInput } from '../../src/protocol/encode.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { recordsOf } from '../../src/protocol/record-batch.ts';

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

describe('encodeInput', () => {
  it('writes records, states and traces, and nothing else', async () => {
    const control: FlowItem = {
      type: 'CONTROL',
      control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config: {} } },
    };
    const [text] = await chunks([[small(), control, state, complete]]);
    expect(text?.toString()).toBe(
      `${Buffer.from(small().lines())}{"type":"STATE", "state":{}}\n${JSON.stringify(complete)}\n`,
    );
  });

  it('joins small pieces of one array and passes large ones untouched', async () => {
    const large = recordsOf({ name: 'users' }, [{ text: 'x'.repeat(100_000) }], 1);
    const found = await chunks([[small(), state, large, small()], [small()]]);
    expect(found.length).toBe(4);
    expect(found[1]).toBe(large.lines());
  });

  it('yields nothing for an array of nothing', async () => {
    expect(await chunks([[], [recordsOf({ name: 'users' }, [], 1)]])).toEqual([]);
  });

  it('does not wait for the next array before it writes this one', async () => {
    const events: string[] = [];
    async function* input() {
      yield [small()];
      events.push('asked for more');
      yield [state];
    }
    for await (const _ of encodeInput(input())) events.push('written');
    expect(events).toEqual(['written', 'asked for more', 'written']);
  });
});

async function chunks(arrays: readonly (readonly FlowItem[])[]): Promise<readonly Uint8Array[]> {
  async function* input() {
    yield* arrays;
  }
  const found: Uint8Array[] = [];
  for await (const chunk of encodeInput(input())) found.push(chunk);
  return found;
}
