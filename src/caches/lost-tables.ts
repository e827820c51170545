import { type ConfiguredStream, type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { Warning } from '../protocol/result.ts';
import { streamOfState } from '../protocol/state.ts';
import type { Queries } from '../sql/driver.ts';
import { forgetStream, readStates } from './cache-state.ts';
import { type CachedStream, readStreams } from './cache-streams.ts';

interface Beginning {
  readonly connection: string;
  readonly streams: readonly ConfiguredStream[];
}

/**
 * Forgets how far the streams have come whose tables somebody has dropped: their rows would else be missing for ever.
 * Answers a warning for each; run it in a transaction.
 */
export async function forgetLost(
  session: Queries,
  schema: string,
  { connection, streams }: Beginning,
): Promise<readonly Warning[]> {
  const states = await readStates(session, schema, connection);
  if (states.length === 0) return [];
  const kept = new Set(states.map(streamOfState));
  const isKept = (stream: StreamKey) => kept.has(stream) || kept.has(undefined);
  const wanted = new Set(streams.map(({ stream }) => streamKey(stream)));
  const noted = await readStreams(session, schema);
  const present = new Set(await session.tables(schema));
  const lost = noted.filter(
    (one) =>
      one.connection === connection &&
      wanted.has(one.stream) &&
      isKept(one.stream) &&
      !present.has(one.table.name),
  );
  for (const { stream } of lost) await forgetStream(session, schema, { connection, stream });
  return lost.map(lostWarning);
}

function lostWarning({ label, table }: CachedStream): Warning {
  return {
    code: 'stream_restarted',
    message: `${label}: its table ${table.name} is gone from the cache, so it is read from its beginning`,
    stream: label,
  };
}
