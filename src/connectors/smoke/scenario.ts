import type { FieldPath } from '../../protocol/catalog.ts';
import type { JsonSchema } from '../authoring/define-source.ts';

/** One thing that a destination must bear, as streams to deliver. */
export interface Scenario {
  readonly name: string;
  /** What it tries, in a line. */
  readonly about: string;
  /** Whether it takes long, and so is left out unless asked for. */
  readonly isSlow?: boolean;
  /** How it is written; left out, `replace` where the destination can, else `append`. */
  readonly write?: 'append' | 'merge' | 'replace';
  /** Whether a destination may refuse it by an error. To take it and lose something is a failure all the same. */
  readonly isRefusable?: boolean;
  readonly streams: readonly ScenarioStream[];
}

/** One stream of a scenario, with what its source holds at each sync. */
export interface ScenarioStream {
  readonly name: string;
  /** What is added to the namespace of the test: for streams of one name in two namespaces. */
  readonly namespace?: string;
  readonly schema: JsonSchema;
  readonly primaryKey?: readonly FieldPath[];
  readonly cursor?: string;
  readonly syncs: readonly ScenarioSync[];
}

/** What one sync brings. */
export interface ScenarioSync {
  /** JSON objects as text, because how a number is spelled is part of what is tried. */
  readonly rows: () => Iterable<string>;
  /** The schema from this sync on, where it changes. */
  readonly schema?: JsonSchema;
  /** Whether the source fails when it has sent these rows. */
  readonly fails?: boolean;
}

/** The types of the protocol. */
export const types = {
  string: { type: ['null', 'string'] },
  boolean: { type: ['null', 'boolean'] },
  integer: { type: ['null', 'integer'] },
  wholeNumber: { type: ['null', 'number'], airbyte_type: 'integer' },
  number: { type: ['null', 'number'] },
  date: { type: ['null', 'string'], format: 'date' },
  timestamp: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
  plainTimestamp: { type: ['null', 'string'], format: 'date-time' },
  wallClock: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  time: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_without_timezone' },
  zonedTime: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_with_timezone' },
  binary: { type: ['null', 'string'], contentEncoding: 'base64' },
  array: { type: ['null', 'array'] },
  object: { type: ['null', 'object'] },
  union: { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }, { type: 'object' }] },
} as const satisfies Record<string, JsonSchema>;

/** An object's schema from those of its fields. */
export function fields(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties };
}

/** Rows that are at hand, as a sync that brings them. */
export function bringing(...rows: readonly string[]): ScenarioSync {
  return { rows: () => rows };
}

/** A stream of one column: every value a row of its own, with a number to find it by. */
export function valuesOf(name: string, type: JsonSchema, values: readonly string[]): ScenarioStream {
  return {
    name,
    schema: fields({ id: types.integer, value: type }),
    syncs: [bringing(...values.map((value, index) => `{"id":${index + 1},"value":${value}}`))],
  };
}

/** A stream of rows as they stand here. */
export function rowsOf(
  name: string,
  properties: Readonly<Record<string, JsonSchema>>,
  rows: readonly string[],
): ScenarioStream {
  return { name, schema: fields(properties), syncs: [bringing(...rows)] };
}

/** A text as JSON. */
export function text(value: string): string {
  return JSON.stringify(value);
}
