import type { Queries } from './driver.ts';
import { type Sql, sql } from './sql.ts';
import { throwIfStopped } from './stopped.ts';

interface TransactionOptions<T> {
  readonly session: Pick<Queries, 'run'>;
  /** What this engine begins one with. */
  readonly begin: Sql;
  readonly work: () => Promise<T>;
  readonly signal: AbortSignal | undefined;
  /** What it is connected to, for messages. */
  readonly where: string;
  /** Undoes what was done, where that takes more than saying so. */
  readonly rollBack?: () => Promise<unknown>;
}

/** Runs the work in a transaction of one connection: committed unless it throws or the signal has aborted. */
export async function inTransaction<T>({
  session,
  begin,
  work,
  signal,
  where,
  rollBack = () => session.run(sql`ROLLBACK`),
}: TransactionOptions<T>): Promise<T> {
  await session.run(begin, { signal });
  try {
    const result = await work();
    throwIfStopped(signal, where);
    await session.run(sql`COMMIT`);
    return result;
  } catch (error) {
    // What failed is what the caller must hear; a rollback that fails as well adds nothing, for closing rolls back.
    await rollBack().catch(() => undefined);
    throw error;
  }
}
