/** Work that is done piece by piece, each once the ones before it have ended, well or not. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Ends when all work that has been asked for by now has. */
  ended(): Promise<void>;
}

export function openTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take(work) {
      const mine = last.then(work);
      last = mine.then(
        () => {},
        () => {},
      );
      return mine;
    },
    ended: () => last,
  };
}
