/** Calls `action` after so many milliseconds and returns what calls it off. `Infinity` is no limit at all. */
export function afterMs(ms: number, action: () => void): () => void {
  if (ms > longestTimerMs) return () => {};
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}

/** Waits for what may leave nothing that keeps this process alive; whoever waits is to be answered all the same. */
export async function keepingAlive<T>(event: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longestTimerMs);
  try {
    return await event;
  } finally {
    clearInterval(timer);
  }
}

/** As withinMs, but does not keep this process alive: for what nobody may be waiting for any more. */
export function withinMsIfAlive(ms: number, event: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(ms, longestTimerMs)).unref();
    const come = () => {
      clearTimeout(timer);
      resolve();
    };
    event.then(come, come);
  });
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

/** Node's timers hold 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;
