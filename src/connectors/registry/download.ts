import { messageOf, RegistryError, StoppedError } from '../../errors.ts';
import { httpGet } from '../../executors/http-get.ts';
import { spokenMs } from '../../protocol/timeouts.ts';
import type { RegistryPlace } from './place.ts';

/** What marks one state of a document for the server that gave it. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** What the server answered: the document, or that it is still the one that is marked so. */
export type Answer =
  | { readonly isNew: false }
  | { readonly isNew: true; readonly body: Uint8Array; readonly validators: Validators };

interface Asking {
  readonly known?: Validators | undefined;
  /** How long to wait for an answer to begin, and then for each further piece of it. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the server of a registry for it. What keeps it from answering is a RegistryError, in one line. */
export async function askRegistry(
  { url, label }: Extract<RegistryPlace, { kind: 'url' }>,
  { known = {}, silenceMs, signal }: Asking,
): Promise<Answer> {
  using silence = watchSilence(silenceMs);
  const either = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  try {
    const response = await httpGet(url, { headers: conditionsOf(known), signal: either });
    silence.heard();
    if (response.status === 304) return { isNew: false };
    if (response.status !== 200)
      throw new Error(`it answered ${response.status} ${response.statusText}`.trim());
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body ?? []) {
      silence.heard();
      pieces.push(piece);
      size += piece.byteLength;
      if (size > mostBytes) throw new Error(`it is larger than ${mostBytes / 1024 ** 2} MB`);
    }
    return {
      isNew: true,
      body: Buffer.concat(pieces),
      validators: {
        etag: response.headers.get('etag') ?? undefined,
        lastModified: response.headers.get('last-modified') ?? undefined,
      },
    };
  } catch (cause) {
    if (signal?.aborted === true)
      throw new StoppedError('asking the registry was stopped', { cause: signal.reason });
    const why = silence.signal.aborted ? `it said nothing for ${spokenMs(silenceMs)}` : reasonOf(cause);
    throw new RegistryError(`the registry ${label} cannot be had: ${why}`, {
      guidance: 'Check the network, or name another registry, a file or none by SLUICE_REGISTRY.',
      context: { registry: label },
      cause,
    });
  }
}

const mostBytes = 512 * 1024 ** 2;

interface Silence extends Disposable {
  readonly signal: AbortSignal;
  heard(): void;
}

function watchSilence(limitMs: number): Silence {
  const controller = new AbortController();
  const start = () => setTimeout(() => controller.abort(), limitMs);
  let timer = start();
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(timer);
      timer = start();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** Answer with the document only if it is another one by now. */
function conditionsOf({ etag, lastModified }: Validators): Readonly<Record<string, string>> {
  const accept = { accept: 'application/json' };
  if (etag !== undefined) return { ...accept, 'if-none-match': etag };
  return lastModified === undefined ? accept : { ...accept, 'if-modified-since': lastModified };
}

/** fetch says "fetch failed"; why, says its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  if (inner instanceof AggregateError && inner.errors.length > 0) return messageOf(inner.errors[0]);
  return messageOf(inner ?? error);
}
