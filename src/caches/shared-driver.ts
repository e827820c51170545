import type { Driver } from '../sql/driver.ts';

/** A driver that is open while somebody uses it, so that a database file is not held longer than it is needed. */
export interface SharedDriver extends AsyncDisposable {
  use(): Promise<DriverUse>;
}

/** One use of a shared driver; the last to be disposed closes it. */
export interface DriverUse extends AsyncDisposable {
  readonly driver: Driver;
}

interface SharedDriverOptions {
  /** For a database that is gone when it is closed: it stays open until the shared driver itself is disposed. */
  readonly staysOpen: boolean;
}

export function shareDriver(
  openDriver: () => Promise<Driver>,
  { staysOpen }: SharedDriverOptions,
): SharedDriver {
  let users = 0;
  let opening: Promise<Driver> | undefined;
  let closing: Promise<void> = Promise.resolve();

  function close(): Promise<void> {
    const closed = opening;
    opening = undefined;
    if (closed !== undefined) closing = closed.then((driver) => driver[Symbol.asyncDispose]());
    return closing;
  }

  async function leave(): Promise<void> {
    users -= 1;
    if (users === 0 && !staysOpen) await close();
  }

  return {
    async use() {
      users += 1;
      opening ??= closing.catch(() => {}).then(openDriver);
      const mine = opening;
      let isLeft = false;
      try {
        const driver = await mine;
        return {
          driver,
          async [Symbol.asyncDispose]() {
            if (isLeft) return;
            isLeft = true;
            await leave();
          },
        };
      } catch (error) {
        users -= 1;
        if (opening === mine) opening = undefined;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      if (users === 0) await close();
    },
  };
}
