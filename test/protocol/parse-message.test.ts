import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/protocol/log.ts';
import { LosslessNumber, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { type MessageOptions, parseMessage } from '../../src/protocol/parse-message.ts';

describe('parseMessage', () => {
  it('keeps every digit of a state, unknown fields, and its line', () => {
    const line =
      '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"u"},"stream_state":{"n":1.0,"big":12345678901234567890}},"sourceStats":{"recordCount":100.0},"new":1}}';
    const { message, logged } = parse(line);
    expect(logged).toEqual([]);
    expect(message).toMatchObject({ type: 'STATE', state: { sourceStats: { recordCount: 100 }, new: 1 } });
    expect(message?.type === 'STATE' && Buffer.from(message.line ?? []).toString()).toBe(line);
    const state = message?.type === 'STATE' ? message.state : undefined;
    expect(stringifyLossless({ type: 'STATE', state })).toBe(line);
  });

  it('keeps every digit of a config', () => {
    const { message } = parse(
      '{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"config":{"account":12345678901234567890,"rate":0.12345678901234567890}}}}',
    );
    expect(message).toMatchObject({
      control: {
        connectorConfig: {
          config: { account: 12345678901234567890n, rate: new LosslessNumber('0.12345678901234567890') },
        },
      },
    });
  });

  it('gives schemas plain numbers', () => {
    const { message } = parse(
      '{"type":"SPEC","spec":{"connectionSpecification":{"maximum":9223372036854775807}}}',
    );
    expect(message).toMatchObject({ spec: { connectionSpecification: { maximum: 2 ** 63 } } });
  });

  it.each([
    '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795258828772.1592,"error":{"message":"no"}}}',
    '{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"u","namespace":null},"status":"COMPLETE"}}}',
    '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"no"}}',
    '{"type":"CATALOG","catalog":{"streams":[{"name":"u","json_schema":{},"supported_sync_modes":["full_refresh"]}]}}',
  ])('passes on %s', (line) => {
    expect(parse(line)).toEqual({ message: JSON.parse(line), logged: [] });
  });

  it.each([
    [
      '{"type":"LOG","log":{"level":"WARN","message":"slow","stack_trace":"at x"}}',
      { level: 'WARN', message: 'slow', stackTrace: 'at x' },
    ],
    ['{"type":"LOG","log":{"level":"WARNING","message":"slow"}}', { level: 'WARN', message: 'slow' }],
    ['{"type":"LOG","log":{"message":"slow"}}', { level: 'INFO', message: 'slow' }],
    ['{"type":"DEBUG","message":"request"}', { level: 'DEBUG', message: 'request' }],
    [
      '{"type":"DEBUG","message":"request","data":{"a":1}}',
      { level: 'DEBUG', message: '{"type":"DEBUG","message":"request","data":{"a":1}}' },
    ],
    ['{"type":"FUTURE","future":{}}', { level: 'INFO', message: '{"type":"FUTURE","future":{}}' }],
    ['{"some":"json"}', { level: 'INFO', message: '{"some":"json"}' }],
    ['[1]', { level: 'INFO', message: '[1]' }],
    ['null', { level: 'INFO', message: 'null' }],
    ['Traceback (most recent call last):', { level: 'INFO', message: 'Traceback (most recent call last):' }],
  ])('logs %s', (line, entry) => {
    expect(parse(line)).toEqual({
      message: undefined,
      logged: [{ ...entry, connector: 'source-x', origin: 'stdout' }],
    });
  });

  it.each([
    ['{"type":"RECORD","record":{"stream":"u"}}', 'a RECORD with no stream or no data'],
    ['{"type":"STATE","state":{"stream":{}}}', 'a malformed STATE (state.stream.stream_descriptor: '],
    ['{"type":"STATE","state":{"type":"STREAM"}}', 'a malformed STATE (state: it does not hold what'],
    ['{"type":"LOG"}', 'a malformed LOG (log: '],
    ['{"type":"RECORD","rec', 'a line that is no valid JSON'],
    ['10 % done {"type": "STATE", "state": {}}', 'a line that is no valid JSON'],
  ])('warns of %s', (line, start) => {
    const { message, logged } = parse(line);
    expect(message).toBeUndefined();
    expect(logged).toMatchObject([{ level: 'WARN', code: 'line_not_understood' }]);
    expect(logged[0]?.message.startsWith(start)).toBe(true);
  });

  it.each([
    ['{"type":"RECORD","record":{"stream":"u"}}', 'RECORD', 'it has no stream or no data'],
    ['{"record":{"data":{}},"type":"RECORD"}', 'RECORD', 'it has no stream or no data'],
    ['{"type":"RECORD","record":{"stream":"u","data":[1]}}', 'RECORD', 'it has data that is no object'],
    ['{"type":"RECORD","record":{"stream":"u","data":null}}', 'RECORD', 'it has data that is no object'],
    ['{"type":"RECORD","rec', 'RECORD', 'it is no valid JSON'],
    ['{ "type" : "REC', 'RECORD', 'it is no valid JSON'],
    ['{"record":{"stream":"u"', 'RECORD', 'it is no valid JSON'],
    ['INFO text {"type":"RECORD","record":{"stream":"u","data":{}}}', 'RECORD', 'it is no valid JSON'],
    ['"RECORD" {"record":{}, "type" :  "RECORD"}', 'RECORD', 'it is no valid JSON'],
    ['{"type":"STATE","state":{"type":"STREAM"}}', 'STATE', 'state: it does not hold what its type says'],
    ['{"type":"STATE","state":{"type":"GLOBAL","data":{}}}', 'STATE', 'state: it does not hold what its'],
    ['{"type":"STATE","state":{"type":"LEGACY","data":null}}', 'STATE', 'state: it does not hold what its'],
    ['{"type":"STATE"}', 'STATE', 'state: '],
  ])('refuses %s, where damage is refused', (line, what, why) => {
    const { message, logged } = parse(line, { refusesDamage: true });
    expect(message).toEqual({ type: 'DAMAGED', what, why: expect.stringContaining(why), line });
    expect(logged).toEqual([]);
  });

  it.each([
    '{"type":"LOG","log":{"level":"INFO","message":"{\\"type\\":\\"RECORD\\""}}',
    '{"type":"DEBUG","data":{"type":"RECORD"}}',
    '{"type":"FUTURE"}',
    '{"type":"LOG"}',
    'a RECORD of type "RECORD"',
    '10 % done {"type": "STATE", "state": {}}',
    '{"type":"STATE","st',
  ])('refuses nothing in %s', (line) => {
    const { message, logged } = parse(line, { refusesDamage: true });
    expect([message, logged.length]).toEqual([undefined, 1]);
  });

  it('takes an old state for one by its data, and one without a type in any case', () => {
    for (const state of ['{"type":"LEGACY","data":{}}', '{"data":null}', '{}'])
      expect(parse(`{"type":"STATE","state":${state}}`).message).toMatchObject({ type: 'STATE' });
  });

  it.each([
    [
      '{"internal_message":"at line 3","failure_type":7}',
      { message: 'at line 3', internal_message: 'at line 3' },
    ],
    ['{"message":"no","stream_descriptor":{}}', { message: 'no' }],
    ['{"message":null}', { message: 'it gave no message' }],
    ['"no"', { message: 'no' }],
    ['null', { message: 'it gave no message' }],
  ])('takes TRACE ERROR for an error though it says %s', (said, error) => {
    const { message, logged } = parse(
      `{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":${said}}}`,
    );
    expect(message).toEqual({ type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error } });
    expect(logged).toEqual([]);
  });

  it('takes INCOMPLETE for what it says, whatever its reasons', () => {
    const line =
      '{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"u"},"status":"INCOMPLETE","reasons":[{}]}}}';
    expect(parse(line)).toEqual({ message: JSON.parse(line), logged: [] });
  });

  it('takes INCOMPLETE of no stream for an error', () => {
    const line = '{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"status":"INCOMPLETE"}}}';
    expect(parse(line).message).toMatchObject({
      trace: { type: 'ERROR', error: { message: 'a stream that it does not name was left incomplete' } },
    });
  });

  it('shortens long text', () => {
    const { logged } = parse('日'.repeat(100_000));
    expect(logged[0]?.message).toBe(`${'日'.repeat(10_000)}… (cut)`);
  });

  it('survives nesting that would overflow the stack', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(parse(`{"type":"STATE","state":{"data":${deep}}}`).message).toMatchObject({ type: 'STATE' });
    expect(parse(`{"type":"STATE","state":{"data":${deep.slice(1)}}}`).logged).toMatchObject([
      { level: 'WARN' },
    ]);
  });

  describe('from a destination', () => {
    const bare =
      '{"type": "STREAM", "stream": {"stream_descriptor": {"name": "u", "namespace": null}, "stream_state": {"n": 1.0}}, "global_": null, "global": null, "data": null, "sourceStats": {"recordCount": 3.0}, "destinationStats": null, "id": 8}';

    it('takes a state without its envelope', () => {
      const { message, logged } = parse(bare, { unwrappedStates: true });
      expect(logged).toEqual([]);
      expect(message).toEqual({ type: 'STATE', state: JSON.parse(bare) });
    });

    it('takes shared and old states without theirs', () => {
      for (const line of [
        '{"type":"GLOBAL","global":{"shared_state":null,"stream_states":[]},"stream":null,"id":1}',
        '{"type":"LEGACY","data":{"cursor":1},"stream":null,"id":2}',
      ]) {
        expect(parse(line, { unwrappedStates: true }).message).toEqual({
          type: 'STATE',
          state: JSON.parse(line),
        });
      }
    });

    it('takes a shared state by the name that Python gives it', () => {
      const shared =
        '{"shared_state": {"lsn": 1.0}, "stream_states": [{"stream_descriptor": {"name": "u"}, "stream_state": null}]}';
      const line = `{"type": "GLOBAL", "stream": null, "global_": ${shared}, "data": null, "id": 3}`;
      const { message, logged } = parse(line, { unwrappedStates: true });
      expect(logged).toEqual([]);
      expect(message).toEqual({
        type: 'STATE',
        state: { type: 'GLOBAL', stream: null, global: JSON.parse(shared), data: null, id: 3 },
      });
    });

    it('does not take what holds no state', () => {
      const { message, logged } = parse('{"type":"STREAM","stream":null}', { unwrappedStates: true });
      expect([message, logged.length]).toEqual([undefined, 1]);
    });

    it('is not done for sources', () => {
      expect(parse(bare)).toMatchObject({ message: undefined, logged: [{ level: 'INFO' }] });
    });
  });
});

function parse(line: string, options: Partial<MessageOptions> = {}) {
  const logged: LogEntry[] = [];
  const message = parseMessage(Buffer.from(line), {
    connector: 'source-x',
    log: (entry) => logged.push(entry),
    ...options,
  });
  return { message, logged };
}
