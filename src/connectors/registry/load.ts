import { readFile } from 'node:fs/promises';
import { messageOf, RegistryError } from '../../errors.ts';
import type { LogEntry } from '../../protocol/log.ts';
import { entriesIn, type RegistryEntry } from './airbyte-entries.ts';
import {
  type Copy,
  type CopyPlace,
  confirmCopy,
  copiesFolder,
  keepCopy,
  noteFailure,
  readCopy,
} from './copy.ts';
import { askRegistry } from './download.ts';
import { type RegistryPlace, registrySettings } from './place.ts';

/** Where what is known of connectors comes from. */
export interface RegistryOrigin {
  readonly kind: 'network' | 'copy' | 'file' | 'snapshot';
  /** The URL or the file, without passwords. */
  readonly label: string;
  /** When the server last confirmed what is known, in milliseconds. */
  readonly confirmedAt?: number | undefined;
}

/** A registry as it was found. */
export interface Loaded {
  readonly origin: RegistryOrigin;
  readonly entries: readonly RegistryEntry[];
  /** The URL under which the registry keeps the files of its connectors. */
  readonly base: string;
  /** What there is to tell of how it was found. */
  readonly notices: readonly LogEntry[];
}

/** How a registry is looked for. */
export interface RegistryOptions {
  /** Ask the server now, however new the copy is; that it cannot be asked is then an error. Default: false. */
  readonly refresh?: boolean | undefined;
  /** Use the copy or the snapshot, never the network. Default: what `SLUICE_OFFLINE` says. */
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Loading extends RegistryOptions {
  /** Whether the snapshot has what is looked for, so that waiting for the network is worth little. */
  readonly hasFallback: boolean;
}

/** Times in milliseconds. */
export interface RegistryTimes {
  /** For how long a copy is used without asking whether it is still right. */
  readonly freshMs: number;
  /** For how long a server that did not answer is not asked again. */
  readonly failedMs: number;
  /** How long a server may say nothing where there is a copy to use instead, and where there is none. */
  readonly shortMs: number;
  readonly longMs: number;
}

const defaultTimes: RegistryTimes = {
  freshMs: 3_600_000,
  failedMs: 10 * 60_000,
  shortMs: 600,
  longMs: 10_000,
};

/** Loads the registry that the environment names: from its file, from the network, from the copy, or nothing of it. */
export async function loadRegistry(
  { refresh = false, offline, signal, hasFallback }: Loading,
  times: RegistryTimes = defaultTimes,
): Promise<Loaded> {
  const { place, isOffline } = registrySettings();
  if (refresh && (offline ?? isOffline)) {
    throw new RegistryError('the registry cannot be asked anew without the network', {
      guidance: 'Leave out one of the two: asking anew, or being offline (also SLUICE_OFFLINE).',
    });
  }
  if (place.kind === 'none') return nothing();
  if (place.kind === 'file') return fromFile(place);
  const copies = { folder: copiesFolder(), url: place.url };
  const { copy, failedAt } = await readCopy(copies);
  const held = copy === undefined ? undefined : fromCopy(place, copy);
  if (offline ?? isOffline) return held ?? nothing();

  const now = Date.now();
  const canWait = held === undefined && !hasFallback;
  if (!refresh) {
    if (held?.origin.confirmedAt !== undefined && isWithin(held.origin.confirmedAt, now, times.freshMs))
      return held;
    if (!canWait && failedAt !== undefined && isWithin(failedAt, now, times.failedMs))
      return held ?? nothing();
  }
  try {
    const silenceMs = refresh || canWait ? times.longMs : times.shortMs;
    return await fromNetwork(place, copies, { held, copy, silenceMs, signal, now });
  } catch (error) {
    if (refresh || !(error instanceof RegistryError)) throw error;
    const saved = await keeping(() => noteFailure(copies, now));
    const instead = held ?? nothing();
    return { ...instead, notices: [warning(`${error.message}; ${insteadOf(instead)}`), ...saved] };
  }
}

interface Known {
  readonly held: Loaded | undefined;
  readonly copy: Copy | undefined;
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly now: number;
}

async function fromNetwork(
  place: Extract<RegistryPlace, { kind: 'url' }>,
  copies: CopyPlace,
  { held, copy, silenceMs, signal, now }: Known,
): Promise<Loaded> {
  const known = held === undefined ? {} : copy?.validators;
  const answer = await askRegistry(place, { known, silenceMs, signal });
  const origin = { kind: 'network', label: place.label, confirmedAt: now } as const;
  if (!answer.isNew) {
    if (held === undefined) throw unusable(place, 'it answered 304 though nothing was known of it');
    return { ...held, origin, notices: await keeping(() => confirmCopy(copies, now)) };
  }
  const entries = parseRegistry(place, answer.body);
  const notices = await keeping(() => keepCopy(copies, { ...answer, confirmedAt: now }));
  return { origin, entries, base: place.base, notices };
}

function fromCopy(place: Extract<RegistryPlace, { kind: 'url' }>, copy: Copy): Loaded | undefined {
  try {
    const origin = { kind: 'copy', label: place.label, confirmedAt: copy.confirmedAt } as const;
    return { origin, entries: parseRegistry(place, copy.body), base: place.base, notices: [] };
  } catch {
    // Kept by another version of Sluice, perhaps: then it is had anew.
    return undefined;
  }
}

async function fromFile(place: Extract<RegistryPlace, { kind: 'file' }>): Promise<Loaded> {
  const body = await readFile(place.path).catch((cause: unknown) => {
    throw new RegistryError(`the registry ${place.label} cannot be read: ${messageOf(cause)}`, {
      guidance: 'Correct SLUICE_REGISTRY, or leave it out for the registry of Airbyte.',
      cause,
    });
  });
  const origin = { kind: 'file', label: place.label } as const;
  return { origin, entries: parseRegistry(place, body), base: place.base, notices: [] };
}

function nothing(): Loaded {
  const origin = { kind: 'snapshot', label: 'what comes with Sluice' } as const;
  return { origin, entries: [], base: '', notices: [] };
}

type Readable = Exclude<RegistryPlace, { kind: 'none' }>;

function parseRegistry(place: Readable, body: Uint8Array): readonly RegistryEntry[] {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (cause) {
    throw unusable(place, `it is no JSON (${messageOf(cause)})`, cause);
  }
  const entries = entriesIn(document);
  if (entries === undefined) throw unusable(place, 'it has neither sources nor destinations');
  return entries;
}

function unusable({ label }: Readable, why: string, cause?: unknown): RegistryError {
  return new RegistryError(`the registry ${label} is no registry of connectors: ${why}`, {
    guidance: 'Give a registry in the form of oss_registry.json, or 0 for none, by SLUICE_REGISTRY.',
    context: { registry: label },
    cause,
  });
}

/** That a copy cannot be kept is told, and stops nothing. */
async function keeping(work: () => Promise<void>): Promise<readonly LogEntry[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return [warning(`no copy of the registry can be kept: ${messageOf(error)}`)];
  }
}

function insteadOf({ origin: { kind, confirmedAt } }: Loaded): string {
  if (kind === 'snapshot' || confirmedAt === undefined) return 'what comes with Sluice is used';
  return `its copy of ${new Date(confirmedAt).toISOString().slice(0, 10)} is used`;
}

function warning(message: string): LogEntry {
  return { level: 'WARN', message };
}

function isWithin(time: number, now: number, ms: number): boolean {
  return time <= now && now - time < ms;
}
