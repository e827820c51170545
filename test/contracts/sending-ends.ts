import { defineSource, getSource } from '../../src/index.ts';
import { type ConfiguredStream, streamKey } from '../../src/protocol/catalog.ts';
import type { ConnectorProgram, Flow } from '../../src/protocol/flow.ts';
import type { Row } from '../../src/protocol/messages.ts';
import { lineBatch } from '../../src/protocol/record-batch.ts';

export const lineSchema = {
  type: 'object',
  properties: {
    'Full Name': { type: ['null', 'string'] },
    n: { type: 'number' },
    at: { type: 'string', format: 'date-time' },
    tags: { type: ['null', 'array'] },
  },
};

/** A stream that is merged by its key; all of it is read each time. */
export function versions(ids: readonly number[], v: string, name = 'things') {
  const properties = { id: { type: 'integer' }, v: { type: 'string' } };
  const rows = ids.map((id) => ({ id, v }));
  return getSource(
    defineSource({
      name: 'source-versions',
      streams: [{ name, primaryKey: 'id', schema: { type: 'object', properties }, read: () => rows }],
    }),
  );
}

/** Two streams of no schema, of which one has a key. */
export function undeclared(ids: readonly unknown[], n: number) {
  const read = () => ids.map((id) => ({ id, n }));
  return getSource(
    defineSource({
      name: 'source-undeclared',
      streams: [
        { name: 'things', primaryKey: 'id', cursor: 'n', read },
        { name: 'loose', read },
      ],
    }),
  );
}

/** A source that writes these lines, as a process would. */
export function lineSource(namespace: string, name: string, lines: readonly string[]) {
  const program: ConnectorProgram = {
    name: 'source-lines',
    version: '1',
    spec: { connectionSpecification: { type: 'object' } },
    check: async () => ({ status: 'SUCCEEDED' }),
    discover: async () => ({
      streams: [{ name, namespace, json_schema: lineSchema, supported_sync_modes: ['full_refresh'] }],
    }),
    async *read() {
      const key = streamKey({ name, namespace });
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      yield [lineBatch(bytes, [{ stream: key, count: lines.length, bytes: bytes.length }], () => key)];
      const stream_descriptor = { name, namespace };
      yield [
        {
          type: 'TRACE',
          trace: {
            type: 'STREAM_STATUS',
            emitted_at: 0,
            stream_status: { stream_descriptor, status: 'COMPLETE' },
          },
        },
      ];
    },
  };
  return getSource(program);
}

/** A destination that keeps what it was given, and can refuse a stream. */
export function sinkOf({ failsAtStream }: { readonly failsAtStream?: string } = {}) {
  const lines: string[] = [];
  const rows: { stream: string; data: Row }[] = [];
  const streams: ConfiguredStream[] = [];
  async function* taking(input: Flow): Flow {
    for await (const items of input) {
      for (const item of items) {
        if (item.type !== 'RECORDS') continue;
        for (const { record } of item.records()) {
          if (record.stream === failsAtStream) throw new Error('will not');
          rows.push({ stream: record.stream, data: record.data });
        }
        lines.push(...Buffer.from(item.lines()).toString().trimEnd().split('\n'));
      }
      const states = items.filter((item) => item.type === 'STATE');
      if (states.length > 0) yield states;
    }
  }
  const program: ConnectorProgram = {
    name: 'destination-sink',
    version: '1',
    spec: { connectionSpecification: { type: 'object' } },
    check: async () => ({ status: 'SUCCEEDED' }),
    async *write(_config, catalog, input) {
      streams.push(...catalog.streams);
      yield* taking(input);
    },
  };
  return { program, lines, rows, streams };
}
