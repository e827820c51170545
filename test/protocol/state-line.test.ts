import { describe, expect, it } from 'vitest';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { stateLine } from '../../src/protocol/state-line.ts';

describe('stateLine', () => {
  it('adds an id and a count to the line as it came', () => {
    const line = '{"type": "STATE", "state": {"data": {"n": 1.0, "big": 12345678901234567890}}, "z": 1e3}';
    expect(written(line, { id: 7, sourceStats: { recordCount: 10 } })).toBe(
      '{"type": "STATE", "state": {"data": {"n": 1.0, "big": 12345678901234567890},"id":7,"sourceStats":{"recordCount":10.0}}, "z": 1e3}\n',
    );
  });

  it('puts them into an empty state, and into one that is spelled with escapes', () => {
    expect(written('{"type":"STATE","state":{ }}', { id: 1 })).toBe('{"type":"STATE","state":{ "id":1}}\n');
    expect(written('{"type":"STATE","st\\u0061te":{}}', { id: 1 })).toBe(
      '{"type":"STATE","st\\u0061te":{"id":1}}\n',
    );
  });

  it('replaces what is there already, and nothing beside it', () => {
    const line =
      '{"state":{"id": 3,"sourceStats":{"recordCount": 5.0,"other":1.0},"data":{"id":4}},"type":"STATE"}';
    expect(written(line, { id: 8, sourceStats: { recordCount: 6 } })).toBe(
      '{"state":{"id": 8,"sourceStats":{"recordCount": 6.0,"other":1.0},"data":{"id":4}},"type":"STATE"}\n',
    );
  });

  it('replaces statistics that are null', () => {
    expect(
      written('{"type":"STATE","state":{"sourceStats":null}}', { sourceStats: { recordCount: 0 } }),
    ).toBe('{"type":"STATE","state":{"sourceStats":{"recordCount":0.0}}}\n');
  });

  it('only ends the line when there is nothing to add', () => {
    expect(written('{"type":"STATE","state":{}}', {})).toBe('{"type":"STATE","state":{}}\n');
  });

  it('writes a state that has no line', () => {
    const message: StateMessage = { type: 'STATE', state: { type: 'LEGACY', data: { cursor: 2n ** 64n } } };
    expect(Buffer.from(stateLine(message, { id: 2 })).toString()).toBe(
      '{"type":"STATE","state":{"type":"LEGACY","data":{"cursor":18446744073709551616},"id":2}}\n',
    );
  });
});

function written(line: string, add: Parameters<typeof stateLine>[1]): string {
  return Buffer.from(stateLine({ type: 'STATE', state: {}, line: Buffer.from(line) }, add)).toString();
}
