// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} in plain strings is what is tested
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastLine, openPlace } from './run-sluice.ts';

const place = openPlace();
afterAll(() => place[Symbol.dispose]());

async function refusal(...args: readonly string[]): Promise<string> {
  const ran = await place.run(args);
  expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
  return ran.stderr;
}

describe('a command line that makes no sense', () => {
  it.each([
    [['snyc'], "sluice: unknown command 'snyc'\nDid you mean sync?"],
    [['sync', 'a', 'b', '--stream', 'x'], "sluice: unknown option '--stream'\nDid you mean --streams?"],
    [['sync', 'a'], "sluice: missing required argument 'destination'\nAdd --help to see what there is."],
    [
      ['sync', 'a', 'b', '--strategy', 'upsert'],
      "sluice: option '--strategy <name>' argument 'upsert' is invalid. Allowed choices are auto, append, merge, replace.\nAdd --help to see what there is.",
    ],
    [
      ['read', 'faker', '--limit', 'many'],
      "sluice: option '--limit <rows>' argument 'many' is invalid. It takes a whole number above 0.\nAdd --help to see what there is.",
    ],
  ])('%j is refused', async (args, message) => {
    expect(await refusal(...args)).toBe(message);
  });

  it('is refused before anything is started', async () => {
    expect(await refusal('sync', 'faker', 'docker:Airbyte/destination-x')).toMatch(
      /^sluice: destination-x: "Airbyte\/destination-x" is no name of an image/,
    );
    expect(
      await refusal('sync', 'faker', 'jsonl', '--source-config', '-', '--destination-config', '-'),
    ).toMatch(/cannot both come from stdin/);
    expect(await refusal('benchmark', '--source', 'faker', '--num-records', '5')).toMatch(
      /--num-records is for rows/,
    );
  });

  it('without a command prints help', async () => {
    expect(await refusal()).toContain('Usage: sluice [options] [command]');
  });
});

describe('what the library refuses', () => {
  it.each([
    [['check', 'source-fakr'], /no source "source-fakr".*did you mean "source-faker"/],
    [['spec', 'fakr'], /no connector "fakr".*did you mean "faker"/],
    [['check', 'faker', '--option', 'verison=1'], /faker: unknown option "verison"; did you mean "version"/],
    [
      ['check', 'faker', '--option', 'localExecutable=./x', '--option', 'usePython=true'],
      /"localExecutable" and "usePython" name two ways of running it/,
    ],
    [['check', 'docker:x', '--option', 'docker=1'], /the option "docker" is not right: must be an object/],
    [
      ['check', 'docker:x', '--option', 'docker.memory=0'],
      /"docker\.memory" is not right: must be an amount such as "512m" or "2g", and at least "6m"/,
    ],
    [['read', 'faker', '--streams', 'user'], /source-faker has no stream "user"; did you mean "users"/],
    [['read', 'faker', '--streams', ','], /--streams names no stream/],
    [['sync', 'jsonl', 'destination-jsonl'], /no source "jsonl"/],
    [['read', 'sorce-faker'], /no source "sorce-faker" is .*did you mean "source-faker"/],
    [['sync', 'destination-jsonl', 'jsonl'], /destination-jsonl is a destination, not a source/],
  ])('%j is refused', async (args, message) => {
    expect(await refusal(...args)).toMatch(message);
  });

  it('lists every fault of a config', async () => {
    const text = await refusal('check', 'faker', '--config', '{"count": "x", "seed": "y"}');
    expect(text).toMatch(/^sluice: source-faker: the config is not valid$/m);
    expect(text).toMatch(/^ {2}count .*number|^ {2}count .*integer/m);
    expect(text).toMatch(/^ {2}seed /m);
  });

  it('names what is not set in the environment', async () => {
    expect(await refusal('check', 'jsonl', '--config', '{"path": "${SLUICE_TEST_NOT_SET}"}')).toContain(
      'path names SLUICE_TEST_NOT_SET, which is not set in the environment',
    );
  });

  it('names what is missing in the catalog that a served connector is given', async () => {
    for (const [file, text] of [
      ['config.json', '{}'],
      ['catalog.json', '{}'],
      [
        'connector.mjs',
        "export default { name: 'source-x', spec: {}, check: async () => {}, read: async () => {} };",
      ],
    ] as const)
      writeFileSync(join(place.folder, file), text);
    const asked = ['read', '--config', 'config.json', '--catalog', 'catalog.json'];
    const { exitCode, stderr } = await place.run(['serve', './connector.mjs', ...asked]);
    expect(stderr).toContain('catalog.json is no configured catalog: "streams": expected array');
    expect(exitCode).toBe(2);
  });

  it('asks which of two connectors is meant', async () => {
    const bin = join(place.folder, 'bin');
    mkdirSync(bin);
    for (const name of ['source-twin', 'destination-twin']) {
      writeFileSync(join(bin, name), '#!/bin/sh\n');
      chmodSync(join(bin, name), 0o755);
    }
    const ran = await place.run(['spec', 'twin'], { env: { PATH: `${bin}:${process.env['PATH']}` } });
    expect(ran.stderr).toBe(
      'sluice: there are both source-twin and destination-twin\nSay which one you mean.',
    );
    expect(ran.exitCode).toBe(2);
  });

  it.each([
    [['read', 'faker', '--json', '--streams', 'user'], { code: 'stream_unknown' }],
    [['spec', 'fakr', '--json'], { code: 'connector_unknown' }],
    [['discover', './missing', '--json'], { code: 'not_runnable' }],
    [
      ['read', 'faker', '--json', '--limt', '5'],
      { code: 'input_invalid', message: "unknown option '--limt'", guidance: 'Did you mean --limit?' },
    ],
  ])('is told to machines too: %j', async (args, error) => {
    const ran = await place.run(args);
    expect(ran.exitCode).toBe(2);
    expect(lastLine(ran.stdout)).toMatchObject({ error });
  });

  it('ends what machines read with the error', async () => {
    const ran = await place.run(['sync', 'faker', 'jsonl', '--json']);
    expect(ran.exitCode).toBe(2);
    expect(lastLine(ran.stdout)).toMatchObject({ error: { code: 'config_invalid' } });
  });
});

describe('a connector that cannot be started', () => {
  it.each([
    [['spec', './missing.sh'], /^sluice: \.\/missing\.sh: there is no file .*missing\.sh$/m],
    [['check', './folder'], /^sluice: \.\/folder: .* is a folder, not an executable$/m],
    [['discover', './text.sh'], /^sluice: \.\/text\.sh: .*text\.sh is not executable$/m],
    [['sync', 'faker', './missing.sh'], /^sluice: \.\/missing\.sh: there is no file/m],
    [
      ['check', 'faker', '--option', 'usePython=2.7'],
      /too old: 2\.7.*3\.10 or newer\nAsk for a newer version, such as 3\.11, or for none: --option usePython=true\./,
    ],
  ])('%j is refused under the name that was given', async (args, message) => {
    mkdirSync(join(place.folder, 'folder'), { recursive: true });
    writeFileSync(join(place.folder, 'text.sh'), 'echo\n');
    expect(await refusal(...args)).toMatch(message);
  });
});

describe('how it is said', () => {
  it('is coloured only where that is wanted', async () => {
    const plain = await place.run(['check', 'source-fakr']);
    expect(plain.stderr).not.toContain('\u001b');
    const coloured = await place.run(['check', 'source-fakr'], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stderr).toContain('\u001b[31msluice: ');
  });

  it('never repeats a config', async () => {
    const ran = await place.run([
      'check',
      'faker',
      '--config',
      '{"count": "s3cret-text", "other": s3cret}',
      '--verbose',
    ]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr + ran.stdout).not.toContain('s3cret');
  });
});
