/** The faker's years: what is created lies in them, and what has not been updated was so at their end. */
const beginning = Date.UTC(2000, 0, 1) / 1000;
const end = Date.UTC(2026, 0, 1) / 1000;
const secondsOfDay = 86_400;

/** The end of the faker's time: `updated_at` of every row, unless rows are always updated. */
export const endOfTime = spelled(end * 1000);

/** The moment at a part of the faker's time: 0 is its beginning, 1 its end. */
export function timestamp(part: number): string {
  const second = Math.floor(part * (end - beginning));
  const day = Math.floor(second / secondsOfDay);
  const hour = Math.floor((second % secondsOfDay) / 3600);
  const minute = Math.floor((second % 3600) / 60);
  return `${days[day]}T${pairs[hour]}:${pairs[minute]}:${pairs[second % 60]}+00:00`;
}

/** A moment as the faker spells it: to the second, in UTC. */
export function spelled(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}

// Spelling dates was a third of the faker's work, and there are only so many days.
const days = Array.from({ length: (end - beginning) / secondsOfDay + 1 }, (_, day) =>
  spelled((beginning + day * secondsOfDay) * 1000).slice(0, 10),
);
const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
