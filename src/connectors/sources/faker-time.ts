/** The faker's years: what is created lies in them, and what has not been updated was so at their end. */
const beginning = Date.UTC(2000, 0, 1);
const end = Date.UTC(2026, 0, 1);

/** The end of the faker's time: `updated_at` of every row, unless rows are always updated. */
export const endOfTime = spelled(end);

/** The moment at a part of the faker's time: 0 is its beginning, 1 its end. */
export function timestamp(part: number): string {
  return spelled(beginning + part * (end - beginning));
}

/** A moment as the faker spells it: to the second, in UTC. */
export function spelled(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}
