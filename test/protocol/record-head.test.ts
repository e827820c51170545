import { describe, expect, it } from 'vitest';
import { type ConfiguredCatalog, streamKey } from '../../src/protocol/catalog.ts';
import { RecordRecogniser } from '../../src/protocol/record-head.ts';

const plain = '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}';
const users = streamKey({ name: 'users' });
const inCrm = streamKey({ name: 'users', namespace: 'crm' });

describe('RecordRecogniser', () => {
  it.each([
    ['plain', plain],
    ['as Python writes it', plain.replaceAll(':', ': ').replaceAll(',', ', ')],
    ['with space around everything', plain.replace(/[{}:,]/g, ' $& ').trim()],
    ['ended by CR', `${plain}\r`],
    ['with other fields first', plain.replace('"stream"', '"emitted_at":1.5,"meta_id":"}}\\"","stream"')],
    ['with a null namespace', plain.replace('"stream"', '"namespace":null,"stream"')],
    ['with data last', '{"type":"RECORD","record":{"emitted_at":1,"stream":"users","data":{"id":{}}}}'],
    ['with data first', '{"type":"RECORD","record":{"data":{"id":1},"stream":"users","emitted_at":1}}'],
    ['with its type last', '{"record":{"stream":"users","data":{}},"type":"RECORD"}'],
    ['with its type escaped', plain.replace('RECORD', 'R\\u0045CORD')],
    ['with its name escaped', plain.replace('users', 'us\\u0065rs')],
    ['with a key escaped', plain.replace('stream', 'str\\u0065am')],
    ['with an object before data', plain.replace('"stream"', '"meta":{"namespace":"crm"},"stream"')],
    ['with more after the record', plain.replace(/\}$/, ',"trace":null}')],
    ['with a namespace in its data', plain.replace('"id"', '"namespace":"crm","id"')],
    ['with a namespace in a string', plain.replace('1}', '"\\"namespace\\":\\"crm\\""}')],
    ['with a namespace beside the record', plain.replace(/\}$/, ',"namespace":"crm"}')],
  ])('recognises a record %s', (_, line) => {
    expect(keysOf([line])).toEqual([users]);
    expect(keysOf([plain, line, plain])).toEqual([users, users, users]);
  });

  it.each([
    ['before the stream', plain.replace('"stream"', '"namespace":"crm","stream"')],
    ['after the stream', plain.replace('"data"', '"namespace":"crm","data"')],
    ['after the data', plain.replace(/\}\}$/, ',"namespace":"crm"}}')],
    ['after the data, its key escaped', plain.replace(/\}\}$/, ',"n\\u0061mespac\\u0065":"crm"}}')],
    ['in between, escaped', plain.replace(/\}\}$/, ',"namespace":"cr\\u006d","meta":{}}}')],
  ])('honours a namespace %s', (_, line) => {
    expect(keysOf([line])).toEqual([inCrm]);
    expect(keysOf([plain, line, plain])).toEqual([users, inCrm, users]);
    expect(keysOf([line], catalogOf('crm'))).toEqual([inCrm]);
    expect(keysOf([plain, line], catalogOf(null, 'crm'))).toEqual([users, inCrm]);
  });

  it('keeps the empty namespace apart from none', () => {
    const empty = plain.replace('"stream"', '"namespace":"","stream"');
    expect(keysOf([empty, plain])).toEqual([streamKey({ name: 'users', namespace: '' }), users]);
  });

  it.each([
    ['a state', '{"type":"STATE","state":{"data":{}}}'],
    ['a type that only starts alike', plain.replace('RECORD', 'RECORDS')],
    ['a record without a stream', '{"type":"RECORD","record":{"data":{}}}'],
    ['a record without data', '{"type":"RECORD","record":{"stream":"users","emitted_at":{}}}'],
    ['data that is no object', plain.replace('{"id":1}', '[{"id":1}]')],
    ['a stream that is no string', plain.replace('"users"', '1')],
    ['a namespace that is no string', plain.replace('"stream"', '"namespace":1,"stream"')],
    ['text', 'stream users'],
    ['half a record', plain.slice(0, -1)],
    ['a record and a half', plain + plain.slice(0, 20)],
  ])('does not take %s for a record', (_, line) => {
    expect(keysOf([line, plain])).toEqual([undefined, users]);
    expect(keysOf([plain, line])).toEqual([users, undefined]);
  });

  it('keeps many streams apart, and all of them when there are too many to remember', () => {
    const names = Array.from({ length: 70_000 }, (_, index) => `stream_${index}`);
    const lines = names.map((name) => plain.replace('users', name));
    expect(keysOf([...lines, ...lines.slice(0, 10)])).toEqual(
      [...names, ...names.slice(0, 10)].map((name) => streamKey({ name })),
    );
  });
});

function keysOf(lines: readonly string[], catalog?: ConfiguredCatalog) {
  const recogniser = new RecordRecogniser(catalog);
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  let start = 0;
  return lines.map(() => {
    const end = bytes.indexOf(10, start);
    const stream = recogniser.recognise(bytes, start, end);
    start = end + 1;
    return stream?.key;
  });
}

function catalogOf(...namespaces: readonly (string | null)[]): ConfiguredCatalog {
  const streams = namespaces.map((namespace) => ({
    stream: { name: 'users', namespace, json_schema: {} },
    sync_mode: 'full_refresh' as const,
    destination_sync_mode: 'append' as const,
  }));
  return { streams };
}
