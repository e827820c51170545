import { fileURLToPath } from 'node:url';
import type { ConnectorOptions } from '../../src/connectors/options.ts';
import type { LogEntry, LogSink } from '../../src/protocol/log.ts';

interface Answer {
  readonly lines?: readonly unknown[];
  readonly endless?: boolean;
  readonly exit?: number;
}

/** The options that run the connector which answers so: a real process. `spec`, `check` and `discover` answer well unless told otherwise. */
export function answering(answers: Readonly<Record<string, Answer>> = {}): ConnectorOptions {
  const variables = Object.entries({ ...wellAnswered, ...answers }).flatMap(
    ([command, { lines = [], endless, exit }]) => [
      [
        `SAY_${command}`,
        lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
      ],
      [`EXIT_${command}`, String(exit ?? 0)],
      ...(endless === true ? [[`ENDLESS_${command}`, 'yes']] : []),
    ],
  );
  return { localExecutable: program, env: Object.fromEntries(variables) };
}

export const specLine = {
  type: 'SPEC',
  spec: {
    connectionSpecification: {
      type: 'object',
      properties: {
        token: { type: 'string', airbyte_secret: true },
        page_size: { type: 'integer' },
      },
    },
  },
};

export const usersStream = {
  name: 'users',
  json_schema: {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      address: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
  supported_sync_modes: ['full_refresh', 'incremental'],
};

export const catalogLine = (...streams: readonly object[]) => ({ type: 'CATALOG', catalog: { streams } });

export const statusLine = (status: string, message?: string) => ({
  type: 'CONNECTION_STATUS',
  connectionStatus: { status, message },
});

export const recordLine = (data: object, stream = 'users') => ({
  type: 'RECORD',
  record: { stream, data, emitted_at: 1 },
});

const wellAnswered: Readonly<Record<string, Answer>> = {
  spec: { lines: [specLine] },
  check: { lines: [statusLine('SUCCEEDED')] },
  discover: { lines: [catalogLine(usersStream)] },
};

const program = fileURLToPath(new URL('../fixtures/connectors/answering.sh', import.meta.url));

/** A log that can be read afterwards. */
export function keptLog(): { readonly log: LogSink; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  return { log: (entry) => entries.push(entry), entries };
}

/** All of an iterable. */
export async function gathered<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What an action throws, synchronously or not. */
export async function thrownBy(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
