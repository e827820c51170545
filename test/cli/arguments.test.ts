import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConnector } from '../../src/cli/connector-argument.ts';
import { parseOptions } from '../../src/cli/option-argument.ts';
import { parseStreams } from '../../src/cli/stream-argument.ts';

const folder = mkdtempSync(join(tmpdir(), 'arguments-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a connector on the command line', () => {
  it.each([
    ['source-faker', { kind: 'name', name: 'source-faker' }],
    ['faker', { kind: 'name', name: 'faker' }],
    ['./bin/source-x.py', { kind: 'program', name: 'source-x', path: './bin/source-x.py' }],
    ['/opt/Source_X', { kind: 'program', name: 'source-x', path: '/opt/Source_X' }],
    ['bin/source-x', { kind: 'program', name: 'source-x', path: './bin/source-x' }],
    ['../source-x', { kind: 'program', name: 'source-x', path: '../source-x' }],
    ['./shop.ts#shop', { kind: 'module', name: 'shop', reference: './shop.ts#shop' }],
    ['shop.mts', { kind: 'module', name: 'shop', reference: './shop.mts' }],
    ['./lib/shop.mjs', { kind: 'module', name: 'shop', reference: './lib/shop.mjs' }],
    ['pip:airbyte-source-faker', { kind: 'python', name: 'source-faker' }],
    ['pip:airbyte-source-faker==7.2.1', { kind: 'python', name: 'source-faker' }],
    ['pip:airbyte_source_faker[extra]>=6', { kind: 'python', name: 'source-faker' }],
    ['pip:airbyte-source-faker @ git+https://example.com/x.git', { kind: 'python', name: 'source-faker' }],
    ['pip:git+https://example.com/me/source-shop.git@v1.2', { kind: 'python', name: 'source-shop' }],
    ['pip:./dist/airbyte_source_shop-1.0.0-py3-none-any.whl', { kind: 'python', name: 'source-shop' }],
    ['pip:source-a source-a-extras', { kind: 'python', name: 'source-a' }],
  ])('%s is understood', (argument, expected) => {
    expect(parseConnector(argument)).toMatchObject(expected);
  });

  it('keeps the requirement as it was written', () => {
    expect(parseConnector('pip:a-b==1')).toMatchObject({ requirement: 'a-b==1' });
  });

  it.each([
    ['npm:source-shop', 'source-shop'],
    ['npm:@acme/sluice-source-shop@1.2.0#orders', 'source-shop'],
    ['npm:./packages/source-shop/', 'source-shop'],
    ['npm:./acme-source-shop-1.2.0.tgz', 'acme-source-shop'],
    ['npm:git+ssh://git@host.example/source-shop.git', 'source-shop'],
    ['npm:.', 'connector'],
  ])('are npm packages where they begin so: %s', (argument, name) => {
    const expected = { kind: 'npm', name, package: argument.slice('npm:'.length) };
    expect(parseConnector(argument)).toEqual(expected);
  });

  it('understands docker: with any name of an image', () => {
    expect(parseConnector('docker:airbyte/source-faker:7.2.1')).toEqual({
      kind: 'docker',
      name: 'source-faker',
      image: 'airbyte/source-faker:7.2.1',
    });
    const digest = `localhost:5000/team/destination-x@sha256:${'0'.repeat(64)}`;
    expect(parseConnector(`docker:${digest}`)).toMatchObject({ name: 'destination-x', image: digest });
    expect(parseConnector('docker://airbyte/source-x')).toMatchObject({ image: 'airbyte/source-x' });
  });

  it('runs a script with #! as a program, and takes an export of it as a module', () => {
    const script = join(folder, 'destination-x.mjs');
    writeFileSync(script, '#!/usr/bin/env node\n');
    chmodSync(script, 0o755);
    expect(parseConnector(script)).toEqual({ kind: 'program', name: 'destination-x', path: script });
    expect(parseConnector(`${script}#x`)).toMatchObject({ kind: 'module' });
  });

  it.each([
    ['docker:', 'docker: needs an image'],
    ['brew:source-x', 'there is no way to run "brew:"'],
    ['npm:', 'npm: needs a package'],
    ['npm:--global', 'npm:--global: a package begins with its name, not with an option of npm'],
    ['pip:', 'pip: needs a requirement'],
    ['pip:--help', 'pip:--help: a requirement begins with a package, not with an option of pip'],
    ['', 'the name of a connector is empty'],
  ])('%s is refused', (argument, message) => {
    expect(() => parseConnector(argument)).toThrow(message);
  });
});

describe('options on the command line', () => {
  it('are JSON where they can be, and text otherwise', () => {
    expect(
      parseOptions('--option', ['installIfMissing=false', 'installRoot=/x', 'a=["b"]', 'b=', 'c=x=y']),
    ).toEqual({
      installIfMissing: false,
      installRoot: '/x',
      a: ['b'],
      b: '',
      c: 'x=y',
    });
  });

  it('nest by dots', () => {
    expect(
      parseOptions('--option', ['timeouts.silenceMs=1000', 'timeouts.graceMs=Infinity', 'env.PORT=80']),
    ).toEqual({
      timeouts: { silenceMs: 1000, graceMs: Number.POSITIVE_INFINITY },
      env: { PORT: '80' },
    });
  });

  it('keep versions as they are spelt', () => {
    expect(parseOptions('--option', ['usePython=3.10', 'version=1.0'])).toEqual({
      usePython: '3.10',
      version: '1.0',
    });
    expect(parseOptions('--option', ['usePython=true'])).toEqual({ usePython: true });
  });

  it('keep users, networks and amounts of memory of containers as they are spelt', () => {
    const given = ['docker.user=1000', 'docker.network=42', 'docker.memory=536870912', 'docker.cpus=2'];
    expect(parseOptions('--option', given)).toEqual({
      docker: { user: '1000', network: '42', memory: '536870912', cpus: 2 },
    });
  });

  it('do not reach into prototypes', () => {
    const options = parseOptions('--option', ['__proto__.polluted=1']);
    expect(Object.keys(options)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    [['version'], '--option version has no value'],
    [['=1'], '--option has no key in "="'],
    [['a..b=1'], '--option has no key in "a..b="'],
    [['a=1', 'a=2'], '--option a is given twice'],
    [['a=1', 'a.b=2'], '--option a.b is given twice'],
  ])('%j are refused', (assignments, message) => {
    expect(() => parseOptions('--option', assignments)).toThrow(message);
  });
});

describe('streams on the command line', () => {
  it('are apart by commas, which a name can hold when escaped', () => {
    expect(parseStreams(['users, crm.users,a\\,b'])).toEqual(['users', 'crm.users', 'a,b']);
    expect(parseStreams(['users', 'a,b'])).toEqual(['users', 'a', 'b']);
  });

  it('are all where the flag is absent or a star', () => {
    expect(parseStreams(undefined)).toBeUndefined();
    expect(parseStreams(['*'])).toBe('*');
  });

  it('are refused where none is named', () => {
    expect(() => parseStreams([' , '])).toThrow('--streams names no stream');
  });
});
