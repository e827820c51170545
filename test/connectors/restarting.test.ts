import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
import { defineDestination } from '../../src/connectors/authoring/define-destination.ts';
import { defineSource } from '../../src/connectors/authoring/define-source.ts';
import { getDestination } from '../../src/connectors/destination.ts';
import { getSource } from '../../src/connectors/source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  vi.stubEnv('SLUICE_DIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('a stream that can only be read incrementally', () => {
  it('comes from its beginning again where a full refresh is forced or rows are replaced', async () => {
    const since: unknown[] = [];
    const program = defineSource({
      name: 'only',
      streams: [
        {
          name: 'a',
          cursor: 'id',
          read(context) {
            since.push(context.since);
            return [{ id: 1 }, { id: 2 }];
          },
        },
      ],
    });
    const modes: unknown[] = [];
    const source = getSource({
      ...program,
      discover: async () => ({
        streams: [
          { name: 'a', json_schema: {}, supported_sync_modes: ['incremental'], source_defined_cursor: true },
        ],
      }),
      read(config, catalog, states, options) {
        modes.push(catalog.streams.map(({ sync_mode }) => sync_mode));
        return program.read?.(config, catalog, states, options) ?? (async function* () {})();
      },
    });
    const destination = getDestination(defineDestination({ name: 'nowhere' }, () => {}));
    const options = { stateCache: new StateFolder({ folder }) };
    await destination.write(source, options);
    await destination.write(source, options);
    await destination.write(source, { ...options, forceFullRefresh: true });
    await destination.write(source, { ...options, writeStrategy: 'replace' });
    await destination.write(source, options);
    expect(since).toEqual([undefined, 2, undefined, undefined, 2]);
    expect(modes).toEqual(Array.from({ length: 5 }, () => ['incremental']));
  });
});
