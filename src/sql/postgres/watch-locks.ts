import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { StateBusyError } from '../../errors.ts';
import { applicationName } from './connect.ts';

interface LockWatch {
  /** The server's number for the connection that is watched. */
  readonly backend: number;
  /** What it is connected to, for messages. */
  readonly where: string;
  /** How long it may wait for somebody who does nothing. */
  readonly lockTimeoutMs: number;
  /** Work over another connection: the one that waits hears nothing. */
  readonly beside: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  /** Says that the statement has ended. */
  readonly settled: AbortSignal;
}

/**
 * Ends a statement that waits for a connection which itself waits for its client, such as a loop over the table that
 * the statement is to replace: that wait need never end. Who is at work is waited for. Answers why it was ended.
 */
export async function watchLocks(watch: LockWatch): Promise<StateBusyError | undefined> {
  const { backend, lockTimeoutMs, beside, settled } = watch;
  while (await passes(Math.min(Math.max(lockTimeoutMs, 100), 60_000), settled)) {
    // Where it cannot be asked, nothing is known, and the statement goes on.
    const error = await beside(async (client) => {
      const { rows } = await client.query<Holder>(holders, [backend, lockTimeoutMs]);
      const [holder] = rows;
      if (holder === undefined || settled.aborted) return undefined;
      await client.query('SELECT pg_cancel_backend($1)', [backend]);
      return busy(holder, watch);
    }).catch(() => undefined);
    if (error !== undefined) return error;
  }
  return undefined;
}

interface Holder {
  readonly pid: string;
  readonly name: string | null;
}

/**
 * Of other people's connections a role may not see what they are at; they count as being at work, and so does one that
 * is sent the rows of a COPY.
 */
const holders = `SELECT pid, application_name AS name FROM pg_stat_activity
  WHERE pid = ANY (pg_blocking_pids($1::integer)) AND wait_event_type = 'Client'
    AND clock_timestamp() - state_change >= $2::double precision * interval '1 millisecond'
    AND query !~* '^\\s*copy\\M' LIMIT 1`;

function busy({ pid, name }: Holder, { where, lockTimeoutMs }: LockWatch): StateBusyError {
  const isOurs = name === applicationName;
  const who = isOurs ? 'a loop in this process' : `${name || 'a program'} (connection ${pid})`;
  return new StateBusyError(
    `${where}: the table is being read by ${who}, which has stood still for too long`,
    {
      guidance: isOurs
        ? 'A table cannot be replaced, changed or dropped inside a loop over its rows: leave the loop first, or go through toArray().'
        : 'Let that program end what it is reading, or give a longer lockTimeoutMs.',
      context: { engine: 'PostgreSQL', failure: 'transient', connection: Number(pid), lockTimeoutMs },
    },
  );
}

/** Whether the time has passed before the statement ended. */
function passes(ms: number, settled: AbortSignal): Promise<boolean> {
  return wait(ms, true, { signal: settled }).catch(() => false);
}
