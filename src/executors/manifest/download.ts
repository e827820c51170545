import { messageOf, NotRunnableError, StalledError } from '../../errors.ts';
import { spokenMs } from '../../protocol/timeouts.ts';
import { httpGet } from '../http-get.ts';

interface Download {
  /** For people: what it is that is downloaded. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  readonly limitMs: number;
}

/** Downloads a file, whole; undefined where the server has none. */
export async function download(
  url: string,
  { what, signal, limitMs }: Download,
): Promise<Buffer | undefined> {
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
