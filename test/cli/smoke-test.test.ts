import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastLine, openPlace, type Place } from './run-sluice.ts';

describe('sluice smoke-test', () => {
  let place: Place;
  beforeAll(() => {
    place = openPlace();
  });
  afterAll(() => place[Symbol.dispose]());

  const jsonl = (path = 'out') => ['smoke-test', 'jsonl', '--config', JSON.stringify({ path })];

  it('prints a line for each scenario and one for the whole, and says what is left', async () => {
    const { exitCode, stdout, stderr } = await place.run([...jsonl(), '--scenario', 'dates,updates']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^✓ passed {5}dates +10 records +\d+\.\d s$/m);
    expect(stdout).toMatch(/^· skipped {4}updates: destination-jsonl does not support append_dedup$/m);
    expect(stdout).toMatch(/^2 scenarios: 1 passed, 1 skipped, in .*; read back from destination-jsonl/m);
    expect(stderr).toMatch(/^left in destination-jsonl: 1 stream in namespace sluice_smoke_\w+; /m);
  });

  it('prints the report as one document with --json, and bears every name of a stream without a namespace', async () => {
    const names = ['--scenario', 'stream_names', '--scenario', 'basics', '--no-namespace', '--prefix', ''];
    const { exitCode, stdout } = await place.run([...jsonl('bare'), ...names, '--strict', '--json']);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(lastLine(stdout)).toMatchObject({
      success: true,
      outcomes: { passed: 2 },
      scenarios: [{ name: 'basics' }, { name: 'stream_names', outcome: 'passed', differences: [] }],
      left: { namespace: null, streamPrefix: '', streams: expect.arrayContaining(['__proto__']) },
    });
  });

  it('ends with 1, and shows what was sent and what is there, where a destination loses something', async () => {
    writeFileSync(
      join(place.folder, 'cutting.ts'),
      `import { defineDestination } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))};
      const kept: Record<string, object[]> = {};
      export const cutting = defineDestination(
        { name: 'destination-cutting', readBack: (_config, { stream }) => kept[stream.name] ?? [] },
        (rows, { stream }) => {
          const cut = rows.map((row) => ({ ...row, value: String(row['value']).slice(0, 10) }));
          kept[stream.name] = [...(kept[stream.name] ?? []), ...cut];
        },
      );`,
    );
    const args = ['smoke-test', './cutting.ts', '--scenario', 'dates', '--scenario', 'times_of_day'];
    const { exitCode, stdout } = await place.run(args);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^✗ failed {5}times_of_day .*\n +\d+ rows are not as sent$/m);
    expect(stdout).toMatch(/^✓ passed {5}dates/m);
    expect(stdout).toMatch(
      /\.times_of_day, id 4, "value": is another value; sent "12:34:56\.789", there "12:34:56\.7"$/m,
    );
  });

  it('tries a cache, and leaves nothing in it', async () => {
    const tried = await place.run(['smoke-test', '--cache', 'a.sqlite', '--scenario', 'updates', '--strict']);
    expect(tried).toMatchObject({ exitCode: 0, stderr: '' });
    expect(tried.stdout).toMatch(/^✓ passed {5}updates/m);
    const { stdout } = await place.run(['cache', '--cache', 'a.sqlite', '--json']);
    expect(stdout).not.toContain('updates');
  });

  it('lists the scenarios without trying any', async () => {
    const { exitCode, stdout } = await place.run(['smoke-test', '--list']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^decimals +decimals of up to 38 digits/m);
    const { stdout: json } = await place.run(['smoke-test', '--list', '--json']);
    expect(JSON.parse(json)).toContainEqual({
      name: 'large_record',
      about: expect.any(String),
      isSlow: true,
    });
  });

  it('tries scenarios of one’s own', async () => {
    const own = [{ name: 'prices', json_schema: { type: 'object' }, records: [{ price: 1 }] }];
    writeFileSync(join(place.folder, 'own.json'), JSON.stringify(own).replace(':1}', ':1.10}'));
    const args = [
      '--custom-scenarios',
      'own.json',
      '--scenario',
      'prices',
      '--namespace',
      'mine',
      '--strict',
    ];
    const { exitCode, stdout } = await place.run([...jsonl('own'), ...args]);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^✓ passed {5}prices/m),
    });
    expect(existsSync(join(place.folder, 'own', 'mine.prices.jsonl'))).toBe(true);
  });

  it.each([
    [['smoke-test'], 'smoke-test takes either a destination or --cache'],
    [['smoke-test', 'jsonl', '--cache'], 'smoke-test takes either a destination or --cache'],
    [['smoke-test', '--cache', 'a.sqlite', '--config', '{}'], '--config and --option are for a destination'],
    [['smoke-test', 'source-faker'], 'source'],
    [[...jsonl(), '--scenario', 'datse'], 'there is no smoke-test scenario "datse"; did you mean "dates"?'],
    [[...jsonl(), '--scenario', ','], 'must name at least one scenario'],
    [[...jsonl(), '--custom-scenarios', 'none.json'], '--custom-scenarios none.json: no such file'],
    [[...jsonl(), '--namespace='], 'namespace'],
    [['smoke-test', 'jsonl'], 'path is required'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr, stdout } = await place.run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toContain(message);
  });

  it('ends with 1 where the check of the destination fails', async () => {
    writeFileSync(join(place.folder, 'a-file'), '');
    const { exitCode, stderr } = await place.run(jsonl('a-file'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('a-file is a file, not a folder');
  });
});
