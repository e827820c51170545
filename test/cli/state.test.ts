import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastLine, openPlace } from './run-sluice.ts';

const sync = [
  ...['sync', 'faker', 'jsonl', '--streams', 'users', '--connection', 'people', '--json'],
  ...['--source-config', '{"count": 20, "seed": 7, "always_updated": false}'],
  ...['--destination-config', '{"path": "out"}'],
];

describe('state on the command line', () => {
  it('is shown, exported, cleared and taken back, in folders and caches', async () => {
    using place = openPlace();
    for (const at of [[], ['--state-cache', 'kept.duckdb']]) {
      const read = async () => {
        const ran = await place.run([...sync, ...at]);
        expect(ran).toMatchObject({ exitCode: 0 });
        return (lastLine(ran.stdout)['records'] as { read: number }).read;
      };
      expect(await read()).toBe(20);
      const shown = await place.run(['state', 'show', ...at]);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        connection: 'people',
        source: 'source-faker',
        destination: 'destination-jsonl',
        stream: 'users',
        state: expect.anything(),
      });
      const exported = await place.run(['state', 'export', ...at]);
      writeFileSync(join(place.folder, 'people.json'), exported.stdout);
      const cleared = await place.run(['state', 'clear', '--connection', 'people', ...at]);
      expect(cleared.stderr).toMatch(/^cleared the state of people in /);
      expect((await place.run(['state', 'show', ...at])).stdout).toBe('');
      expect(await place.run(['state', 'import', 'people.json', ...at])).toMatchObject({ exitCode: 0 });
      expect(await read()).toBe(0);
      const input = readFileSync(join(place.folder, 'people.json'), 'utf8').replaceAll('faker', 'other');
      expect(await place.run(['state', 'import', '-', ...at], { input })).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('not source-other → destination-jsonl'),
      });
    }
  }, 300_000);

  it('is cleared only where it is said whose', async () => {
    using place = openPlace();
    await place.run(sync);
    expect(await place.run(['state', 'clear'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^sluice: state clear needs a connection\n.*Kept in .*: people\./),
    });
    expect(await place.run(['state', 'clear', '--connection', 'poeple'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean'),
    });
    expect(await place.run(['state', 'show', '--state-cache', 'nowhere'])).toMatchObject({ exitCode: 2 });
    expect(await place.run(['state', 'clear', '--all', '--json'])).toMatchObject({
      exitCode: 0,
      stdout: '{"cleared":"people"}',
    });
  });

  it('is not looked for by making a cache, and is taken from nothing else than an export', async () => {
    using place = openPlace();
    for (const file of ['none.duckdb', 'none.sqlite']) {
      expect(
        await place.run(['state', 'clear', '--connection', 'people', '--state-cache', file]),
      ).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('Nothing is kept there at all.'),
      });
      writeFileSync(join(place.folder, 'bad.json'), '{"version": 1}');
      expect(await place.run(['state', 'import', 'bad.json', '--state-cache', file])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^sluice: bad\.json: .*damaged.*\nGive what `sluice state export` has/),
      });
      expect(existsSync(join(place.folder, file))).toBe(false);
    }
    expect(await place.run(['cache', 'show', '--cache', ''])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--cache names no cache'),
    });
  });

  it('goes by way of a cache with --cache, and says what both legs did', async () => {
    using place = openPlace();
    const first = await place.run([...sync, '--cache', 'shop']);
    expect(lastLine(first.stdout)).toMatchObject({ records: { read: 20, confirmed: 20 } });
    const again = await place.run([...sync, '--cache', 'shop']);
    expect(lastLine(again.stdout)).toMatchObject({ records: { read: 0, confirmed: 0 } });
    const shown = await place.run(['state', 'show', '--state-cache', '.sluice/caches/shop.duckdb']);
    expect(shown.stdout.split('\n').map((line) => JSON.parse(line).connection)).toEqual([
      'people',
      'people-destination-jsonl',
    ]);
  });
});
