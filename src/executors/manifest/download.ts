import { messageOf, NotRunnableError, StalledError } from '../../errors.ts';
import type { LogSink } from '../../protocol/log.ts';
import { spokenMs } from '../../protocol/timeouts.ts';
import { httpGet } from '../http-get.ts';

interface Download {
  /** The connector. */
  readonly name: string;
  /** For people: what it is that is downloaded. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** How long it may take in all. */
  readonly limitMs: number;
  readonly log?: LogSink | undefined;
}

/** Downloads a file, whole; undefined where the server has none. */
export async function download(
  url: string,
  { name, what, signal, limitMs, log }: Download,
): Promise<Buffer | undefined> {
  const { origin, pathname } = new URL(url);
  log?.({ level: 'INFO', message: `downloading ${origin}${pathname}`, connector: name, isNotice: true });
  const limit = AbortSignal.timeout(limitMs);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const response = await httpGet(url, { signal: either });
    if (response.status === 404) return undefined;
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    throw new NotRunnableError(`${what} cannot be downloaded: the server answers ${response.status}`, {
      guidance: 'Try again later, or download it by other means and give its path.',
      context: { status: response.status },
    });
  } catch (cause) {
    if (cause instanceof NotRunnableError) throw cause;
    signal?.throwIfAborted();
    if (limit.aborted) {
      throw new StalledError(`${what} was not downloaded within ${spokenMs(limitMs)}`, {
        guidance: 'Is the network there? Download it by other means and give its path.',
        cause,
      });
    }
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new NotRunnableError(`${what} cannot be downloaded: ${messageOf(reason)}`, {
      guidance: 'Is the network there? Download it by other means and give its path.',
    });
  }
}
