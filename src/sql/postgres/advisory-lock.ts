import { connect, describeTarget, type PostgresTarget } from './connect.ts';
import { lockNumber } from './dialect.ts';
import { postgresError } from './failures.ts';

/** Who holds a lock instead. */
interface Refusal {
  /** For people: `process 4711 on worker-3, since 2026-01-31T10:30:00Z,`. */
  readonly holder: string;
  /** As far as the server tells this role. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Takes a lock that any process on any machine sees, or says who holds it. It is held by a connection of its own, and
 * gone with that: also where we are killed.
 */
export async function takeAdvisoryLock(
  target: PostgresTarget,
  name: string,
): Promise<AsyncDisposable | Refusal> {
  const connection = await connect(target);
  const { client } = connection;
  const number = lockNumber(name);
  try {
    const { rows } = await client.query<{ taken: string }>('SELECT pg_try_advisory_lock($1) AS taken', [
      number,
    ]);
    if (rows[0]?.taken === 't') {
      return {
        async [Symbol.asyncDispose]() {
          // Given back before the connection ends, which the server may notice later. A broken one has given it back.
          await client.query('SELECT pg_advisory_unlock($1)', [number]).catch(() => undefined);
          await connection.close();
        },
      };
    }
    const { rows: holders } = await client.query<Holder>(
      `SELECT l.pid AS backend, a.application_name AS program, to_char(a.backend_start, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
       FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
       WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (l.classid::bigint << 32 | l.objid::bigint) = $1`,
      [number],
    );
    await connection.close();
    return refusalOf(holders[0]);
  } catch (cause) {
    await connection.close();
    throw postgresError(cause, describeTarget(target));
  }
}

interface Holder {
  readonly backend: string;
  /** As connect.ts names us to the server; other roles may not see it. */
  readonly program: string | null;
  readonly since: string | null;
}

function refusalOf(found: Holder | undefined): Refusal {
  if (found === undefined) return { holder: 'another run', facts: {} };
  const { backend, program, since } = found;
  const [, pid, host] = /^sluice (\d+) on (.*)$/.exec(program ?? '') ?? [];
  const who = pid === undefined ? `PostgreSQL process ${backend}` : `process ${pid} on ${host}`;
  return {
    holder: since === null ? who : `${who}, since ${since},`,
    facts: { pid: pid === undefined ? undefined : Number(pid), host, since, backend: Number(backend) },
  };
}
