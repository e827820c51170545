import type * as DuckDb from '@duckdb/node-api';

type Connection = Pick<DuckDb.DuckDBConnection, 'run' | 'runAndReadAll'>;

/**
 * Of what has been loaded the library keeps every page in memory for as long as there is room: in time the whole file. A
 * limit makes it let go. It holds while portions of usual rows are loaded, one after the other, and is lifted for all
 * else: queries, merges and rows of megabytes have the memory that they always had.
 */
export class MemoryHold {
  /** The limit as it was first: each time it is set, what is shown is a little less. */
  #usual: string | undefined;
  #isHeld = false;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Makes the library let go; what it cannot let go is in use, and then nothing changes. Nor does it with little memory. */
  async take(connection: Connection, { isKept }: { readonly isKept: boolean }): Promise<void> {
    if (this.#isHeld) return;
    try {
      const result = await connection.runAndReadAll(
        "SELECT current_setting('memory_limit') AS most, current_setting('threads') AS threads",
      );
      const [{ most, threads } = {}] = result.getRowObjects();
      this.#usual ??= String(most);
      const megabytes = Number(threads) * heldByThread;
      if (megabytes > megabytesOf(this.#usual) / 2) return;
      await connection.run(`SET memory_limit = '${megabytes}MB'`);
    } catch {
      return;
    }
    this.#isHeld = true;
    if (!isKept) await this.lift(connection);
  }

  /** RESET would change what is shown, not what holds. */
  async lift(connection: Connection): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    await connection.run(`SET memory_limit = '${this.#usual}'`);
  }
}

/** Of a limit as it is shown: `12.4 GiB`. */
function megabytesOf(shown: string): number {
  const [amount, unit = ''] = shown.split(' ');
  return (Number(amount) * 1024 ** (units.indexOf(unit) + 1)) / 1e6;
}

const units = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Megabytes: what a load of usual rows takes of a thread, and as much again. */
const heldByThread = 100;

const holds = new Map<string, MemoryHold>();

/** Of a file there is one instance in this process, however many have it open. */
export function memoryHoldOf(path: string): MemoryHold {
  if (path === ':memory:') return new MemoryHold();
  const hold = holds.get(path) ?? new MemoryHold();
  holds.set(path, hold);
  return hold;
}
