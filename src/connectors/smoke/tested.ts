import { join } from 'node:path';
import type { Cache } from '../../caches/cache.ts';
import { StateFolder } from '../../caches/state-folder.ts';
import { InputError } from '../../errors.ts';
import { openWorkspace } from '../../executors/workspace.ts';
import { type StreamDescriptor, streamLabel } from '../../protocol/catalog.ts';
import type { ConnectionId, ReadBackRequest } from '../../protocol/flow.ts';
import type { Row } from '../../protocol/messages.ts';
import type { WriteResult } from '../../protocol/result.ts';
import type { CallOptions } from '../connector.ts';
import { type Destination, isDestination } from '../destination.ts';
import type { Source } from '../source.ts';
import { isCache, type WriteOptions } from '../write-options.ts';
import { rowsBack } from './read-back.ts';

/** What a smoke test asks of a destination or a cache. */
export interface Tested extends AsyncDisposable {
  readonly name: string;
  /** How it can write; empty where it does not say. */
  syncModes(call: CallOptions): Promise<readonly string[]>;
  check(call: CallOptions): Promise<void>;
  write(source: Source, options: WriteOptions): Promise<WriteResult>;
  /** Where rows are read back from, for people. */
  readonly store: string;
  /** The rows of a stream with these fields; undefined where nobody can say. */
  readBack(request: ReadBackRequest, fields: readonly string[]): Promise<AsyncIterable<Row> | undefined>;
  /** Removes streams, where that can be done, and answers whether it was. */
  remove(streams: readonly StreamDescriptor[], connections: readonly string[]): Promise<boolean>;
}

/** Opens what is to be tested. Nothing of the test's state stays behind. */
export async function openTested(given: Destination | Cache): Promise<Tested> {
  if (isCache(given)) return testedCache(given);
  if (isDestination(given)) return testedDestination(given);
  throw new InputError('smokeTest takes a destination or a cache', {
    guidance: 'Make one by getDestination(name, config), or by new DuckDBCache({ dbPath }).',
  });
}

async function testedDestination(destination: Destination): Promise<Tested> {
  const workspace = await openWorkspace();
  const stateCache = new StateFolder({ folder: join(workspace.folder, 'state') });
  return {
    name: destination.name,
    store: destination.name,
    async syncModes(call) {
      return (await destination.spec(call)).supported_destination_sync_modes ?? [];
    },
    check: (call) => destination.check(call),
    write: (source, options) => destination.write(source, { ...options, stateCache }),
    readBack: (request, fields) => rowsBack(destination, request, fields),
    remove: async () => false,
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  };
}

async function testedCache(cache: Cache): Promise<Tested> {
  const held = await cache.origin.hold();
  return {
    name: cache.name,
    store: cache.name,
    syncModes: async () => [],
    check: async () => {},
    write: async (source, options) => (await source.read(cache, options)).summary,
    async readBack({ stream, signal }) {
      const label = streamLabel(stream);
      const streams = await cache.streams();
      if (!streams.some((one) => one.label === label)) return nothing();
      return (await cache.dataset(label)).rows({ signal });
    },
    async remove(streams, connections) {
      const labels = new Set(streams.map(streamLabel));
      for (const { label } of await cache.streams()) if (labels.has(label)) await cache.drop(label);
      for (const connection of connections) await cache.archive.clear(connection as ConnectionId);
      return true;
    },
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}

async function* nothing(): AsyncGenerator<Row> {}
