import { describe, expect, it } from 'vitest';
import { parseLossless } from '../../src/protocol/lossless-json.ts';
import { countOf, type State, stateContent, stateType } from '../../src/protocol/state.ts';

describe('a state', () => {
  it.each([
    ['{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":1}}', 'STREAM'],
    ['{"stream":{"stream_descriptor":{"name":"a"},"stream_state":1},"data":{}}', 'STREAM'],
    ['{"type":"GLOBAL","global":{"shared_state":1,"stream_states":[]},"stream":null}', 'GLOBAL'],
    ['{"data":{}}', 'LEGACY'],
  ])('is of the kind of what it holds: %s', (text, kind) => {
    expect(stateType(state(text))).toBe(kind);
  });

  it.each([
    ['the order of keys', '{"data":{"a":1,"b":[2]}}', '{"data":{"b":[2],"a":1}}'],
    ['null and absent', '{"data":{"a":1}}', '{"type":null,"stream":null,"data":{"a":1,"b":null}}'],
    [
      'what travels beside it',
      '{"data":{"a":1}}',
      '{"id":7,"sourceStats":{"recordCount":1},"destinationStats":{},"data":{"a":1}}',
    ],
    ['how numbers are spelled', '{"data":[1,1000,0.5]}', '{"data":[1.0,1e3,5e-1]}'],
    ['how texts are spelled', '{"data":"é"}', '{"data":"\\u00e9"}'],
    ['integers that JavaScript cannot hold', '{"data":9007199254740993}', '{"data":9007199254740992}'],
    ['decimals that JavaScript cannot hold', '{"data":1e400}', '{"data":2e400}'],
  ])('says the same whatever %s', (_, a, b) => {
    expect(stateContent(state(a))).toBe(stateContent(state(b)));
  });

  it.each([
    ['{"data":{"a":1}}', '{"data":{"a":2}}'],
    ['{"data":{"a":1}}', '{"data":{"a":"1"}}'],
    ['{"data":[1,2]}', '{"data":[2,1]}'],
    ['{"data":{"a":{"b":1}}}', '{"data":{"a":{"c":1}}}'],
    ['{"data":[]}', '{"data":{}}'],
  ])('says something else: %s and %s', (a, b) => {
    expect(stateContent(state(a))).not.toBe(stateContent(state(b)));
  });

  it.each([
    [10, 10],
    ['10.0', 10],
    [0, 0],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    ['many', undefined],
  ])('reads the count %j as %j', (given, count) => {
    expect(countOf(given)).toBe(count);
  });
});

function state(text: string): State {
  return parseLossless(text) as State;
}
