// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} in plain strings is what is tested
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastLine, openPlace } from './run-sluice.ts';

const place = openPlace();
afterAll(() => place[Symbol.dispose]());

const faker = '{"count": 20, "seed": 7, "always_updated": false}';

const spelling = '{"a":1.0,"b":12345678901234567890,"c":-0,"d":1e400,"e":0.1000000000000000055}';

/** A source's messages, with one record whose numbers JavaScript would change. */
function messagesFile(): string {
  const path = join(place.folder, 'messages.ndjson');
  const catalog = { streams: [{ name: 's', json_schema: {}, supported_sync_modes: ['full_refresh'] }] };
  const record = `{"type":"RECORD","record":{"stream":"s","data":${spelling},"emitted_at":1}}`;
  writeFileSync(path, `${JSON.stringify({ type: 'CATALOG', catalog })}\n${record}\n`);
  return path;
}

describe('sync', () => {
  const args = ['sync', 'source-faker', 'destination-jsonl', '--source-config', faker];

  it('moves everything, then nothing more, and prints only the result to machines', async () => {
    const command = [...args, '--destination-config', '{"path": "out"}', '--json'];
    const first = await place.run(command);
    expect(first.stderr).toContain('✓ 140 records confirmed');
    expect(first.exitCode).toBe(0);
    const events = first.stdout.split('\n').map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'started', streams: ['products', 'users', 'purchases'] });
    expect(lastLine(first.stdout)).toMatchObject({ records: { read: 140, confirmed: 140, rejected: 0 } });
    expect(readdirSync(join(place.folder, 'out')).length).toBeGreaterThanOrEqual(3);

    const again = await place.run(command);
    expect(lastLine(again.stdout)).toMatchObject({ records: { read: 0, confirmed: 0, rejected: 0 } });
    expect(again.stderr).toContain('✓ nothing new in 3 streams');
  });

  it('reads everything again when told so, and only the streams that are named', async () => {
    const command = [...args, '--destination-config', '{"path": "again"}', '--streams', 'users', '--json'];
    await place.run(command);
    const again = await place.run([...command, '--full-refresh']);
    expect(lastLine(again.stdout)).toMatchObject({ records: { read: 20 }, streams: { users: { read: 20 } } });
  });

  it('keeps state where it is told, under the name it is told, or not at all', async () => {
    const command = [...args, '--destination-config', '{"path": "elsewhere"}'];
    await place.run([...command, '--state-cache', 'states', '--connection', 'nightly']);
    expect(readdirSync(join(place.folder, 'states'))).toContain('nightly.json');
    const stateless = await place.run([...command, '--state-cache', 'none', '--json']);
    expect(lastLine(stateless.stdout)).toMatchObject({ records: { read: 140 } });
  });

  it('says nothing when quiet', async () => {
    const command = [...args, '--destination-config', '{"path": "out"}', '--strategy', 'append', '--quiet'];
    using own = openPlace();
    expect(await own.run(command)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('tells what failed and what was kept, to people and to machines', async () => {
    const failing = '{"test_destination": {"test_destination_type": "FAILING", "num_messages": 100}}';
    const ran = await place.run([
      ...['sync', 'source-faker', 'destination-dev-null', '--source-config', faker],
      ...['--destination-config', failing, '--json'],
    ]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(/^sluice: destination-dev-null: /m);
    expect(ran.stderr).toMatch(/^kept: /m);
    expect(ran.stderr).toMatch(/^log: \.sluice\/runs\/.*\.ndjson$/m);
    const { error, records } = lastLine(ran.stdout);
    expect(error).toMatchObject({ code: 'connector_failed' });
    expect(records).toMatchObject({ rejected: 0 });
  });
});

describe('the other commands', () => {
  it.each(['check', 'discover'])('%s warns once of what is likely misspelt in a config', async (command) => {
    const ran = await place.run([command, 'source-faker', '--config', '{"cuont": 5}']);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr.match(/^warning: source-faker: .*cuont.*count/gm)).toHaveLength(1);
  });

  it('check says that a config works', async () => {
    const ran = await place.run(['check', 'faker', '--config', faker, '--json']);
    expect(ran).toEqual({
      exitCode: 0,
      stdout: '{"status":"SUCCEEDED"}',
      stderr: '✓ source-faker: the config works',
    });
  });

  it('spec prints one document', async () => {
    const ran = await place.run(['spec', 'jsonl']);
    expect(JSON.parse(ran.stdout)).toHaveProperty('connectionSpecification.properties.path');
    expect(ran.stderr).toBe('');
  });

  it('discover prints the catalog', async () => {
    const ran = await place.run(['discover', 'source-faker']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      streams: [{ name: 'products' }, { name: 'users' }, { name: 'purchases' }],
    });
  });

  it('spec and discover print a schema as the connector spelled it', async () => {
    const schema = '{"type":"object","properties":{"x":{"maximum":1.0,"minimum":-1e3}}}';
    const answers = {
      spec: `{"type":"SPEC","spec":{"connectionSpecification":${schema}}}`,
      discover: `{"type":"CATALOG","catalog":{"streams":[{"name":"a","json_schema":${schema}}]}}`,
    };
    const cases = Object.entries(answers).map(([command, line]) => `${command}) echo '${line}' ;;`);
    const program = join(place.folder, 'spelling.sh');
    writeFileSync(program, `#!/bin/sh\ncase $1 in\n${cases.join('\n')}\nesac\n`, { mode: 0o755 });
    expect((await place.run(['spec', program])).stdout).toContain(schema);
    expect((await place.run(['discover', program])).stdout).toContain(schema);
  });

  it('read prints the rows of one stream as they are, and of several with their names', async () => {
    const one = await place.run(['read', 'faker', '--config', faker, '--streams', 'users']);
    const rows = one.stdout.split('\n').map((line): unknown => JSON.parse(line));
    expect(rows).toHaveLength(20);
    expect(rows[0]).toMatchObject({ id: 1, name: expect.any(String) });

    const all = await place.run(['read', 'faker', '--config', faker]);
    expect(all.stdout.split('\n')).toHaveLength(140);
    expect(all.stdout).toMatch(/^\{"stream":"users","data":\{"id":1,/m);
    expect(all.stderr).toBe('');

    const named = await place.run([
      'read',
      'faker',
      '--config',
      faker,
      '--streams',
      'users',
      '--limit',
      '1',
      '--json',
    ]);
    expect(lastLine(named.stdout)).toMatchObject({ stream: 'users', data: { id: 1 } });
  });

  it('read stops each stream at the limit', async () => {
    const ran = await place.run(['read', 'faker', '--config', faker, '--limit', '2']);
    expect(ran.stdout.split('\n')).toHaveLength(6);
  });

  it('read keeps the spelling of numbers', async () => {
    const source = join(import.meta.dirname, '../fixtures/connectors/source-replay.mjs');
    const config = JSON.stringify({ path: messagesFile() });
    const ran = await place.run(['read', source, '--config', config]);
    expect(ran.stdout).toBe(spelling);
    const some = await place.run(['read', source, '--config', config, '--limit', '5']);
    expect(some.stdout).toBe(spelling);
  });

  it('benchmark needs no connector and leaves nothing behind', async () => {
    using own = openPlace();
    const ran = await own.run(['benchmark', '--num-records', '1e4', '--json']);
    expect(ran.exitCode).toBe(0);
    expect(lastLine(ran.stdout)).toMatchObject({ records: { read: 10_000, confirmed: 10_000 } });
    expect(existsSync(join(own.folder, '.sluice'))).toBe(false);
  });

  it('benchmark measures one end', async () => {
    const ran = await place.run(['benchmark', '--source', 'faker', '--source-config', faker, '--json']);
    expect(lastLine(ran.stdout)).toMatchObject({ records: { read: 140, confirmed: 140 } });
  });
});

describe('a config', () => {
  it('can come from stdin', async () => {
    const ran = await place.run(['read', 'faker', '--config', '-', '--streams', 'users'], {
      input: '{"count": 3, "seed": 1}',
    });
    expect(ran.stdout.split('\n')).toHaveLength(3);
  });

  it('can come from a TOML file with names from the environment', async () => {
    writeFileSync(join(place.folder, 'jsonl.toml'), 'path = "${FOLDER}/x"\n');
    const ran = await place.run(
      [...['sync', 'faker', 'jsonl', '--source-config', faker], ...['--destination-config', 'jsonl.toml']],
      { env: { FOLDER: 'from-env' } },
    );
    expect(ran.exitCode).toBe(0);
    expect(existsSync(join(place.folder, 'from-env', 'x'))).toBe(true);
  });
});

describe('connectors of one’s own', () => {
  it('can be exports of a file', async () => {
    mkdirSync(join(place.folder, 'node_modules'));
    symlinkSync(join(import.meta.dirname, '../..'), join(place.folder, 'node_modules/sluice'));
    writeFileSync(
      join(place.folder, 'shop.ts'),
      `import { records } from 'sluice';
      export const people = records('people', [{ id: 1 }, { id: 2 }] satisfies readonly { id: number }[]);
      export const animals = records('animals', [{ id: 1 }]);`,
    );
    const ran = await place.run(['read', './shop.ts#people']);
    expect(ran.stdout).toBe('{"id":1}\n{"id":2}');
    const unsaid = await place.run(['read', './shop.ts']);
    expect(unsaid.stderr).toContain('./shop.ts exports 2 connectors');
    expect(unsaid.exitCode).toBe(2);
  });

  it('can be programs, run in a sync with each other', async () => {
    const connectors = join(import.meta.dirname, '../fixtures/connectors');
    const ran = await place.run([
      ...['sync', join(connectors, 'source-replay.mjs'), join(connectors, 'destination-node.mjs')],
      ...['--source-config', JSON.stringify({ path: messagesFile() })],
      ...['--destination-config', JSON.stringify({ folder: place.folder }), '--json'],
    ]);
    expect(lastLine(ran.stdout)).toMatchObject({ records: { read: 1, confirmed: 1 } });
    const kept = readFileSync(join(place.folder, '1.ndjson'), 'utf8');
    expect(kept).toContain('"b":12345678901234567890');
  });
});
