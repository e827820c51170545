/** Calls `action` after so many milliseconds and returns what calls it off. `Infinity` is no limit at all. */
export function afterMs(ms: number, action: () => void): () => void {
  if (ms > longestTimerMs) return () => {};
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}

/** Resolves when the event has come, well or not, or after so many milliseconds. */
export function withinMs(ms: number, event: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const off = afterMs(ms, resolve);
    const come = () => {
      off();
      resolve();
    };
    event.then(come, come);
  });
}

/** A duration as people say it: `850 ms`, `9 min`, `3 h`. */
export function spokenMs(ms: number): string {
  const unit = units.find(([, size]) => ms >= size);
  if (unit === undefined) return `${Math.round(ms)} ms`;
  const [name, size] = unit;
  return `${Number((ms / size).toFixed(1))} ${name}`;
}

/** Node's timers hold 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

const units = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;
