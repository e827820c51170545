import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionEnds, ConnectionId } from '../../src/protocol/flow.ts';
import { stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { streamState } from '../sync/ends.ts';
import type { StoreUnderTest } from './state-store-contract.ts';

const a = 'a' as ConnectionId;
const ends = (source: string): ConnectionEnds => ({
  source: { name: source, config: { size: 1 } },
  destination: { name: 'destination-test', config: {} },
});
const users = {
  stream: { name: 'users', namespace: 'crm', json_schema: {} },
  sync_mode: 'incremental',
  destination_sync_mode: 'append',
} as const;

/** What every store promises of its archive. */
export function describeStateArchive(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an archive of states`, () => {
    let place: StoreUnderTest;
    beforeEach(async () => {
      place = await make();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    const fill = async (connection: ConnectionId, position: unknown, source = 'source-test') => {
      await using memory = await place.again().open(connection, ends(source));
      await memory.begin([users]);
      await memory.commit([streamState('users', position)]);
    };
    const statesOf = async (connection: ConnectionId) => {
      await using memory = await place.again().open(connection);
      return stringifyLossless(memory.states.map(({ state }) => state.stream?.stream_state));
    };

    it('shows nothing where nothing is kept', async () => {
      expect(await place.archive().saved()).toEqual([]);
    });

    it('shows each connection with its ends, generations and states', async () => {
      await fill('b' as ConnectionId, 2);
      await fill(a, { at: 12345678901234567890n });
      const saved = await place.archive().saved();
      expect(saved.map(({ connection }) => connection)).toEqual(['a', 'b']);
      expect(saved[0]).toMatchObject({
        version: 1,
        ends: ends('source-test'),
        sync_id: 1,
        streams: [{ name: 'users', namespace: 'crm', generation_id: 1 }],
      });
      expect(stringifyLossless(saved[0]?.states)).toContain('12345678901234567890');
    });

    it('takes back what it has shown, and keeps numbers that only grow', async () => {
      await fill(a, 1);
      const [before] = await place.archive().saved();
      await fill(a, 2);
      expect(await statesOf(a)).toBe('[2]');
      if (before === undefined) throw new TypeError('nothing was saved');
      await place.archive().restore(before);
      expect(await statesOf(a)).toBe('[1]');
      expect((await place.archive().saved())[0]).toMatchObject({ sync_id: 2 });
      await place.archive().restore({ ...before, connection: 'c' });
      expect(await statesOf('c' as ConnectionId)).toBe('[1]');
    });

    it('refuses the state of other connectors', async () => {
      await fill(a, 1);
      const [mine] = await place.archive().saved();
      if (mine === undefined) throw new TypeError('nothing was saved');
      await expect(place.archive().restore({ ...mine, ends: ends('source-other') })).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringContaining('connection a is source-test → destination-test, not source-other'),
      });
      expect(await statesOf(a)).toBe('[1]');
    });

    it('clears one connection and leaves the others', async () => {
      await fill(a, 1);
      await fill('b' as ConnectionId, 2);
      expect(await place.archive().clear(a)).toBe(true);
      expect(await place.archive().clear(a)).toBe(false);
      expect((await place.archive().saved()).map(({ connection }) => connection)).toEqual(['b']);
      expect(await statesOf(a)).toBe('[]');
    });

    it('touches nothing of a connection that is in use', async () => {
      await fill(a, 1);
      const store = place.again();
      await using _ = await store.open(a);
      const archive =
        'archive' in store ? (store.archive as ReturnType<typeof place.archive>) : place.archive();
      await expect(archive.clear(a)).rejects.toMatchObject({ code: 'state_busy' });
    });
  });
}
