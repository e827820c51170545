import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cache } from '../../../src/caches/cache.ts';
import { DuckDBCache } from '../../../src/caches/duckdb.ts';
import { SQLiteCache } from '../../../src/caches/sqlite.ts';
import { getDestination } from '../../../src/connectors/destination.ts';
import { allScenarios } from '../../../src/connectors/smoke/scenarios.ts';
import type { ScenarioReport } from '../../../src/connectors/smoke/smoke-report.ts';
import { smokeTest } from '../../../src/connectors/smoke/smoke-test.ts';
import { inNewHome } from '../../fixtures/new-home.ts';
import { cacheIn, runningServer } from '../../postgres/engine.ts';

const folder = inNewHome({ for: 'all' });
const server = runningServer();
const limit = 600_000;
const served = join(import.meta.dirname, '../../fixtures/connectors/served-jsonl.mjs');
const tables = join(import.meta.dirname, '../../fixtures/connectors/destination-tables.mjs');

/** What did not simply pass, with why. */
function exceptions(scenarios: readonly ScenarioReport[]): Readonly<Record<string, string>> {
  const others = scenarios.filter(({ outcome }) => outcome !== 'passed');
  return Object.fromEntries(others.map(({ name, outcome, reason = '' }) => [name, `${outcome}: ${reason}`]));
}

const refusedByCaches = {
  column_names_alike: expect.stringMatching(/^refused: .* would share a column/),
  column_names_by_case: expect.stringMatching(/^refused: .* would share a column/),
  airbyte_column_names: expect.stringMatching(/^refused: .* would share a column/),
  stream_names_by_case: expect.stringMatching(/^refused: streams would share a table/),
  stream_names_alike: expect.stringMatching(/^refused: streams would share a table/),
};
const merging = allScenarios.filter(({ write }) => write === 'merge').map(({ name }) => name);

describe('the whole smoke test, exactly', () => {
  it.each<[string, () => Cache]>([
    ['DuckDB', () => new DuckDBCache({ dbPath: join(folder(), 'smoke.duckdb') })],
    ['SQLite', () => new SQLiteCache({ dbPath: join(folder(), 'smoke.sqlite') })],
    ['PostgreSQL', () => cacheIn(server(), { folder: folder(), name: 'smoke' })],
  ])(
    'passes for a cache in %s, which is then empty again',
    async (_, open) => {
      await using cache = open();
      const report = await smokeTest(cache, { strict: true, slow: true });
      expect(exceptions(report.scenarios)).toEqual(refusedByCaches);
      expect(report).toMatchObject({ success: true, left: null, outcomes: { refused: 5, failed: 0 } });
      expect(await cache.streams()).toEqual([]);
      expect(await cache.archive.saved()).toEqual([]);
    },
    limit,
  );

  it(
    'passes for destination-jsonl, which cannot merge',
    async () => {
      const path = join(folder(), 'lines');
      const report = await smokeTest(getDestination('jsonl', { path }), { strict: true, slow: true });
      const skipped = merging.map((name) => [
        name,
        'skipped: destination-jsonl does not support append_dedup',
      ]);
      expect(exceptions(report.scenarios)).toEqual(Object.fromEntries(skipped));
      expect(report.readBackFrom).toBe('destination-jsonl');
      expect(readdirSync(path)).toHaveLength(report.left?.streams.length ?? 0);
    },
    limit,
  );

  it(
    'passes for destination-jsonl where it keeps whole messages',
    async () => {
      const config = { path: join(folder(), 'messages'), contents: 'message' };
      const scenarios = ['basics', 'decimals', 'texts', 'replace_after_failure'];
      const report = await smokeTest(getDestination('jsonl', config), { strict: true, scenarios });
      expect(exceptions(report.scenarios)).toEqual({});
    },
    limit,
  );

  it(
    'is delivered to destination-dev-null, and to a destination that is served as a program',
    async () => {
      const silent = getDestination('dev-null', { test_destination: { test_destination_type: 'SILENT' } });
      expect((await smokeTest(silent, { slow: true })).outcomes).toMatchObject({ failed: 0, passed: 0 });
      const program = getDestination(
        'destination-served',
        { path: join(folder(), 'served') },
        { localExecutable: served },
      );
      const report = await smokeTest(program);
      expect(report).toMatchObject({ success: true, readBackFrom: null });
      expect(report.outcomes).toEqual({
        ...{ passed: 0, refused: 0, failed: 0, skipped: merging.length },
        delivered: allScenarios.filter(({ isSlow }) => isSlow !== true).length - merging.length,
      });
    },
    limit,
  );
});

describe('a smoke test that is stopped', () => {
  it('ends at once, and leaves nothing in a cache', async () => {
    await using cache = new SQLiteCache({ dbPath: join(folder(), 'stopped.sqlite') });
    const stop = new AbortController();
    const test = smokeTest(cache, {
      signal: stop.signal,
      onEvent(event) {
        if (event.type === 'scenario_started' && event.number === 3) stop.abort();
      },
    });
    await expect(test).rejects.toMatchObject({ code: 'stopped' });
    expect(await cache.streams()).toEqual([]);
    expect(await cache.archive.saved()).toEqual([]);
  });
});

describe('a smoke test of a destination whose database is known', () => {
  it(
    'finds what its typed tables have lost',
    async () => {
      mkdirSync(join(folder(), 'tables'));
      const destination = getDestination(
        'destination-duckdb',
        { destination_path: join(folder(), 'tables', 'a.duckdb') },
        { localExecutable: tables },
      );
      const scenarios = ['booleans', 'decimals', 'dates', 'column_names', 'sparse_rows', 'updates'];
      const report = await smokeTest(destination, { scenarios });
      const outcomes = Object.fromEntries(report.scenarios.map(({ name, outcome }) => [name, outcome]));
      expect(outcomes).toEqual({
        booleans: 'passed',
        dates: 'passed',
        sparse_rows: 'passed',
        decimals: 'failed',
        column_names: 'failed',
        updates: 'skipped',
      });
      expect(report.readBackFrom).toBe('destination-duckdb');
    },
    limit,
  );
});
