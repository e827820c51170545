import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { StalledError } from '../../errors.ts';
import type { ExecutionOptions } from '../../protocol/flow.ts';
import { spokenMs } from '../../protocol/timeouts.ts';
import { afterMs } from '../limit.ts';
import { registryLogin } from './credentials.ts';
import type { Engine } from './engine.ts';
import { cannotBePulled, dockerFailure } from './failures.ts';
import type { ImageReference } from './image.ts';

interface Pulling {
  /** The connector. */
  readonly name: string;
  readonly platform?: string | undefined;
  readonly limitMs: number;
  readonly options: Partial<ExecutionOptions>;
}

/** Pulls an image, telling how far it has come. */
export async function pullImage(
  engine: Engine,
  image: ImageReference,
  { name, platform, limitMs, options }: Pulling,
): Promise<void> {
  const limit = new AbortController();
  const off = afterMs(limitMs, () =>
    limit.abort(
      new StalledError(`${name}: the image ${image.text} was not pulled within ${spokenMs(limitMs)}`, {
        guidance: 'Raise `timeouts: { installMs }` if the network is slow.',
        context: { connector: name, image: image.text },
      }),
    ),
  );
  const signals = [limit.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const tell = (message: string) =>
    options.log?.({ level: 'INFO', message, connector: name, isNotice: true });
  try {
    const login = await registryLogin(image.registry);
    tell(`pulling the image ${image.text}`);
    const startedMs = performance.now();
    const stream = await engine.docker.createImage(login, {
      fromImage: image.repository,
      tag: image.tag,
      ...(platform === undefined ? {} : { platform }),
      abortSignal: signal,
    });
    await followReports(Readable.from(stream), tell, signal);
    tell(`pulled ${image.text} in ${spokenMs(performance.now() - startedMs)}`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw dockerFailure(error, { name, endpoint: engine.endpoint, image: image.text, what: cannotBePulled });
  } finally {
    off();
  }
}

/** Reads what the engine reports, a JSON object a line, to its end; an error among it is thrown. */
export async function followReports(
  stream: Readable,
  tell: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let toldAtMs = performance.now();
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const line of createInterface({ input: stream })) {
      const report = reportOf(line);
      if (report?.error !== undefined) throw new Error(report.error);
      const { current, total } = report?.progressDetail ?? {};
      if (report?.id === undefined || report.status !== 'Downloading' || !current || !total) continue;
      layers.set(report.id, { current, total });
      if (performance.now() - toldAtMs < tellEveryMs) continue;
      toldAtMs = performance.now();
      const sum = (part: 'current' | 'total') =>
        [...layers.values()].reduce((whole, layer) => whole + layer[part], 0);
      tell(`${megabytes(sum('current'))} of ${megabytes(sum('total'))} MB so far`);
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function reportOf(line: string): z.infer<typeof reportSchema> | undefined {
  try {
    return reportSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const reportSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}

const tellEveryMs = 3_000;
