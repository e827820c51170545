import { z } from 'zod';
import { ConnectorFailedError } from '../../errors.ts';
import { type FieldName, fieldPath, type StreamDescriptor, streamLabel } from '../../protocol/catalog.ts';
import type { Row, StateMessage } from '../../protocol/messages.ts';
import { savedState } from './saved-state.ts';

// Known to every copy of this library, because a file that is loaded may bring its own.
const checkpointMark = Symbol.for('sluice.checkpoint');

/** What a stream remembers at a point between its rows, made by `checkpoint`. */
export interface Checkpoint {
  readonly mark: typeof checkpointMark;
  readonly value: unknown;
}

/** Says, between rows, what to remember once all rows before have been delivered: any JSON value. */
export function checkpoint(value: unknown): Checkpoint {
  return { mark: checkpointMark, value };
}

/** How far a stream has come: what its STATE holds. */
export interface Position {
  readonly cursor?: unknown;
  readonly checkpoint?: unknown;
}

/** The position that a stream's saved state holds; empty at first. */
export function savedPosition(
  source: string,
  stream: StreamDescriptor,
  states: readonly StateMessage[],
): Position {
  return savedState(source, stream, states, positionSchema) ?? {};
}

/** A state that holds neither, but something else, was not made here. */
const positionSchema = z
  .looseObject({ cursor: z.unknown().optional(), checkpoint: z.unknown().optional() })
  .refine(
    (state) => 'cursor' in state || 'checkpoint' in state || Object.keys(state).length === 0,
    'holds neither a cursor nor a checkpoint',
  );

/** What a stream gives in order: rows, and states between them. */
export type Part =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'state'; readonly position: Position; readonly recordCount: number };

interface Following {
  readonly name: string;
  readonly namespace?: string;
  readonly cursor?: FieldName;
  readonly isOrdered?: boolean;
}

/**
 * Follows the rows of a stream, and says where between them a state may stand. On the way, the cursor stands in a state
 * only where rows come in its order: otherwise a smaller value might follow, and would be skipped by the next run.
 */
export function followStream(saved: Position, stream: Following) {
  const path = stream.cursor === undefined ? undefined : fieldPath(stream.cursor);
  const isOrdered = stream.isOrdered === true;
  let greatest = saved.cursor;
  let position = saved;
  let recordCount = 0;

  const state = (): Part => {
    const part = { kind: 'state', position, recordCount } as const;
    recordCount = 0;
    return part;
  };
  /** Takes the cursor of a row; true where it is greater than all before. */
  const advance = (row: Row): boolean => {
    const value = path === undefined ? undefined : cursorValue(row, path);
    if (value === undefined) return false;
    const order = greatest === undefined ? 1 : compareCursors(value, greatest, stream);
    if (order < 0 && isOrdered) throw outOfOrder(stream);
    if (order > 0) greatest = value;
    return order > 0;
  };

  return {
    /** The same rows, with states between them. */
    follow(items: readonly (Row | Checkpoint)[]): readonly Part[] {
      const parts: Part[] = [];
      let rows: Row[] = [];
      const flush = () => {
        if (rows.length > 0) parts.push({ kind: 'rows', rows });
        rows = [];
      };
      for (const item of items) {
        if (isCheckpoint(item)) {
          flush();
          position = { ...position, checkpoint: item.value };
          parts.push(state());
          continue;
        }
        const isNewValue = advance(item);
        if (isOrdered && isNewValue) {
          // All rows of the value before have been sent.
          if (recordCount >= rowsPerState) {
            flush();
            parts.push(state());
          }
          position = { ...position, cursor: greatest };
        }
        rows.push(item);
        recordCount += 1;
      }
      flush();
      return parts;
    },
    /** The state at the end of the stream. */
    end(): { readonly position: Position; readonly recordCount: number } {
      if (greatest !== undefined) position = { ...position, cursor: greatest };
      return { position, recordCount };
    },
  };
}

/** Whether a stream gave a checkpoint, and not a row. */
export function isCheckpoint(item: object): item is Checkpoint {
  return 'mark' in item && item.mark === checkpointMark;
}

const rowsPerState = 1000;

/** The value of a row's cursor, or undefined where it has none that can be compared. */
export function cursorValue(row: Row, path: readonly string[]): string | number | bigint | undefined {
  let value: unknown = row;
  for (const field of path)
    value = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  return undefined;
}

/** Numbers are compared by value, text by its characters. */
export function compareCursors(value: string | number | bigint, last: unknown, stream: Following): number {
  const isComparable =
    typeof value === 'string'
      ? typeof last === 'string'
      : typeof last === 'number' || typeof last === 'bigint';
  if (!isComparable || (typeof last !== 'string' && typeof last !== 'number' && typeof last !== 'bigint')) {
    throw new ConnectorFailedError(
      `stream ${streamLabel(stream)}: the cursor was ${spoken(last)} and is ${spoken(value)}, which cannot be compared`,
      { guidance: 'Give all rows the same type of cursor, or start anew by a full refresh.' },
    );
  }
  if (value === last) return 0;
  return value > last ? 1 : -1;
}

function spoken(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`;
}

function outOfOrder(stream: Following): ConnectorFailedError {
  return new ConnectorFailedError(
    `stream ${streamLabel(stream)}: a row came whose cursor is smaller than the one before`,
    {
      guidance: 'Sort the rows by the cursor, or leave isOrdered out.',
    },
  );
}
