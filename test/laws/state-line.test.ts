import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { LineReader } from '../../src/protocol/lines.ts';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { parseJson } from '../../src/protocol/parse-json.ts';
import { type StateAdditions, stateLine } from '../../src/protocol/state-line.ts';
import { jsonValue, spacedText } from './protocol-text.ts';

describe('the line of a state', () => {
  it('says what the state says and what was added', () => {
    fc.assert(
      fc.property(stateText(), additions(), (text, add) => {
        const written = Buffer.from(stateLine(stateOf(text), add)).toString();
        expect(written.endsWith('\n')).toBe(true);
        expect(parseJson(written)).toEqual(expected(text, add));
      }),
      { numRuns: 800 },
    );
  });

  it('keeps every byte around what was added', () => {
    fc.assert(
      fc.property(stateText({ isBare: true }), additions(), (text, add) => {
        const written = Buffer.from(stateLine(stateOf(text), add))
          .toString()
          .slice(0, -1);
        let from = 0;
        while (from < text.length && text[from] === written[from]) from += 1;
        expect(written.endsWith(text.slice(from))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('says the same of a state that has no line', () => {
    fc.assert(
      fc.property(stateText(), additions(), (text, add) => {
        const { line: _, ...message } = stateOf(text);
        const written = Buffer.from(stateLine(message, add)).toString();
        expect(parseJson(written)).toEqual(expected(text, add));
        expect(stringifyLossless(parseLossless(Buffer.from(stateLine(message)).toString()))).toBe(
          stringifyLossless(parseLossless(text)),
        );
      }),
      { numRuns: 500 },
    );
  });
});

function additions(): fc.Arbitrary<StateAdditions> {
  const recordCount = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 40, 0.5));
  return fc.record({ id: fc.nat(), sourceStats: fc.record({ recordCount }) }, { requiredKeys: [] });
}

/** A STATE line; a bare one has neither `id` nor counts. */
function stateText({ isBare = false } = {}): fc.Arbitrary<string> {
  const stats = fc.constantFrom(null, {}, { recordCount: 7 }, { rejectedRecordCount: 1, recordCount: null });
  const beside = isBare ? {} : { id: fc.nat(), sourceStats: stats };
  const stream = fc.record({
    stream_descriptor: fc.record({ name: fc.constantFrom('users', '"}', '') }),
    stream_state: jsonValue(),
  });
  const state = fc.oneof(
    fc.record(
      { type: fc.constant('STREAM'), stream, extra: jsonValue(), ...beside },
      { requiredKeys: ['stream'] },
    ),
    fc.record({ data: jsonValue(), ...beside }, { requiredKeys: [] }),
  );
  return fc
    .record(
      { id: jsonValue(), type: fc.constant('STATE'), state, y: jsonValue() },
      { requiredKeys: ['type', 'state'] },
    )
    .chain(spacedText);
}

function stateOf(text: string): StateMessage {
  const reader = new LineReader({ connector: 'source-x', log: () => {} });
  const [item] = reader.push(Buffer.from(`${text}\n`));
  if (item === undefined || !isState(item)) throw new Error(`no state: ${text}`);
  return item;
}

function isState(item: FlowItem): item is StateMessage {
  return item.type === 'STATE';
}

function expected(text: string, { id, sourceStats }: StateAdditions): unknown {
  const message = parseJson(text) as { state: { id?: unknown; sourceStats?: object } };
  if (id !== undefined) message.state.id = id;
  if (sourceStats !== undefined) message.state.sourceStats = { ...message.state.sourceStats, ...sourceStats };
  return message;
}
