import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfiguredCatalog, type StreamKey, streamKey } from '../../src/protocol/catalog.ts';
import { parseJson } from '../../src/protocol/parse-json.ts';
import { RecordRecogniser, recordDescriptor } from '../../src/protocol/record-head.ts';
import { type Identity, identities, messageTexts } from './protocol-text.ts';

describe('recognising records', () => {
  it('says of every message what JSON.parse says', () => {
    fc.assert(
      fc.property(messageTexts(), (texts) => {
        expect(recognised(texts)).toEqual(texts.map(parsed));
      }),
      { numRuns: 1000 },
    );
  });

  it('says the same with a catalog that holds each name once', () => {
    const cases = identities().chain((known) => fc.tuple(fc.constant(known), messageTexts(known)));
    fc.assert(
      fc.property(cases, ([known, texts]) => {
        expect(recognised(texts, catalogOf(known))).toEqual(texts.map(parsed));
      }),
      { numRuns: 1000 },
    );
  });

  it('says the same with a catalog that holds names in several namespaces', () => {
    const cases = identities()
      .map((known) => known.flatMap((one) => [one, { ...one, namespace: 'another' }]))
      .chain((known) => fc.tuple(fc.constant(known), messageTexts(known)));
    fc.assert(
      fc.property(cases, ([known, texts]) => {
        expect(recognised(texts, catalogOf(known))).toEqual(texts.map(parsed));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no line that was cut short for a record', () => {
    fc.assert(
      fc.property(messageTexts(), fc.double({ min: 0, max: 1, noNaN: true }), ([text = ''], part) => {
        const whole = Buffer.from(text);
        const cut = whole.subarray(0, Math.floor(whole.length * part));
        const line = Buffer.concat([cut, Buffer.from('\n')]);
        const expected = parsed(cut.toString());
        expect(new RecordRecogniser().recogniseWhole(line, 0, cut.length)?.key).toBe(expected);
        if (/\}\s*\}\s*$/.test(cut.toString())) return;
        expect(new RecordRecogniser().recognise(line, 0, cut.length)?.key).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

function recognised(texts: readonly string[], catalog?: ConfiguredCatalog): (StreamKey | undefined)[] {
  const recogniser = new RecordRecogniser(catalog);
  const bytes = Buffer.from(`${texts.join('\n')}\n`);
  let start = 0;
  return texts.map(() => {
    const end = bytes.indexOf(10, start);
    const stream = recogniser.recognise(bytes, start, end);
    start = end + 1;
    return stream?.key;
  });
}

function parsed(text: string): StreamKey | undefined {
  try {
    const stream = recordDescriptor(parseJson(text));
    return stream && streamKey(stream);
  } catch {
    return undefined;
  }
}

function catalogOf(known: readonly Identity[]): ConfiguredCatalog {
  const streams = known.map((stream) => ({
    stream: { ...stream, json_schema: {} },
    sync_mode: 'full_refresh' as const,
    destination_sync_mode: 'append' as const,
  }));
  return { streams };
}
