import type { PositionRange, StreamColumn, StreamTable } from '../sql/stream-table.ts';

/**
 * A stream's table as it is kept in mind when its fields change: columns of fields that are gone stay, and of each
 * column it is known in which rows its field was not there, so that NULL is no null there. `before` is what was known
 * until now, `last` the position of the last row by then.
 */
export function rememberFields(now: StreamTable, before: StreamTable | undefined, last: number): StreamTable {
  if (before === undefined) return now;
  const known = new Map(before.columns.map((column) => [column.name, column]));
  const columns = now.columns.map((column) => {
    const earlier = known.get(column.name);
    known.delete(column.name);
    return withAbsence(column, earlier === undefined ? [{ after: 0, upTo: last }] : ended(earlier, last));
  });
  const gone = [...known.values()].map((column) => withAbsence(column, begun(column, last)));
  return { ...now, columns: [...columns, ...gone] };
}

/** Whether the fields are others than were known. */
export function haveFieldsChanged(now: StreamTable, before: StreamTable): boolean {
  const present = before.columns.filter(({ absentIn = [] }) => !absentIn.some(isOpen));
  const names = new Set(present.map(({ name }) => name));
  return now.columns.length !== names.size || now.columns.some(({ name }) => !names.has(name));
}

function begun({ absentIn = [] }: StreamColumn, last: number): readonly PositionRange[] {
  return absentIn.some(isOpen) ? absentIn : [...absentIn, { after: last, upTo: forever }];
}

function ended({ absentIn = [] }: StreamColumn, last: number): readonly PositionRange[] {
  return absentIn.map((range) => (isOpen(range) ? { ...range, upTo: last } : range));
}

function withAbsence({ field, name, type }: StreamColumn, ranges: readonly PositionRange[]): StreamColumn {
  const absentIn = ranges.filter(({ after, upTo }) => upTo > after);
  return { field, name, type, ...(absentIn.length === 0 ? {} : { absentIn }) };
}

function isOpen({ upTo }: PositionRange): boolean {
  return upTo === forever;
}

const forever = Number.MAX_SAFE_INTEGER;
