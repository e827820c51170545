import { describe, expect, it } from 'vitest';
import { getDestination } from '../../src/connectors/destination.ts';
import type { ConnectorOptions } from '../../src/connectors/options.ts';
import { getSource } from '../../src/connectors/source.ts';
import { InputError } from '../../src/errors.ts';
import { thrownBy } from './answering.ts';

/** What is refused at once, before anything is looked up or started. Options are given as JavaScript gives them. */
function refused(options: object, name = 'source-x') {
  try {
    name.startsWith('destination') ? getDestination(name, {}, options) : getSource(name, {}, options);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error instanceof InputError ? { message: error.message, guidance: error.guidance } : undefined;
  }
  throw new Error('nothing was refused');
}

describe('an option', () => {
  it('that does not exist is refused, with the nearest name', () => {
    expect(refused({ localExecutible: true })).toEqual({
      message: 'source-x: unknown option "localExecutible"; did you mean "localExecutable"?',
      guidance: expect.stringContaining('Options: version, localExecutable,'),
    });
    expect(refused({ timeouts: { comandMs: 1 } })).toEqual({
      message: 'source-x: unknown option "comandMs" in "timeouts"; did you mean "commandMs"?',
      guidance: 'Options: commandMs, silenceMs, blockedMs, drainMs, graceMs, installMs.',
    });
    expect(refused({ docker: { networks: 'host' } })?.message).toContain('did you mean "network"?');
    expect(refused({ streams: 'users' }, 'destination-x')?.message).toContain('unknown option "streams"');
  });

  it.each([
    [{ env: { A: 1 } }, 'the option "env.A" is not right: must be text'],
    [{ docker: 1 }, 'the option "docker" is not right: must be an object'],
    [{ timeouts: 5 }, 'the option "timeouts" is not right: must be an object'],
    [{ manifest: 'x' }, 'the option "manifest" is not right: must be an object'],
    [{ docker: { extraHosts: [5] } }, 'the option "docker.extraHosts.0" is not right: must be text'],
    [{ env: 'A=1' }, 'the option "env" is not right: must be an object of texts'],
    [{ version: 1 }, 'the option "version" is not right: must be text'],
    [{ pipUrl: ' --help' }, 'the option "pipUrl" is not right: must begin with a package'],
    [{ pipUrl: '' }, 'the option "pipUrl" is not right: must not be empty'],
    [{ localExecutable: false }, 'the option "localExecutable" is not right: must be true or a path'],
    [{ timeouts: { commandMs: 0 } }, 'must be a number of milliseconds greater than 0, or Infinity'],
    [{ installIfMissing: 'yes' }, 'must be true or false'],
    [{ onConfigChange: 1 }, 'must be a function'],
    [{ executor: {} }, 'must be an Executor'],
    [{ streams: 5 }, 'must be a name, a list of names, or "*"'],
    ['true', 'the options must be an object'],
  ])('of the wrong type is refused: %j', (options, message) => {
    expect(refused(options as object)?.message).toContain(message);
  });

  it('that is undefined counts as left out', () => {
    expect(getSource('faker', {}, { version: undefined, timeouts: undefined }).name).toBe('source-faker');
  });
});

describe('ways of running', () => {
  it.each([
    [{ localExecutable: true, usePython: true }, '"localExecutable" and "usePython"'],
    [{ localExecutable: './x', pipUrl: 'x' }, '"localExecutable" and "pipUrl"'],
    [{ dockerImage: true, usePython: '3.11' }, '"dockerImage" and "usePython"'],
    [{ usePython: false, pipUrl: 'x' }, '"usePython: false" and "pipUrl"'],
    [{ noExecutor: true, npmPackage: 'x' }, '"npmPackage" and "noExecutor"'],
    [{ sourceManifest: true, localExecutable: true }, '"localExecutable" and "sourceManifest"'],
  ])('exclude each other: %j', (options, both) => {
    expect(refused(options)?.message).toBe(`source-x: ${both} name two ways of running it; name at most one`);
  });

  it.each([
    [{ localExecutable: true, version: '1' }, 'with "localExecutable" the option "version"'],
    [{ localExecutable: true, installRoot: 'x' }, 'with "localExecutable" the option "installRoot"'],
    [{ usePython: true, useHostNetwork: true }, 'with "usePython" the option "useHostNetwork"'],
    [{ pipUrl: 'x', docker: { memory: '1g' } }, 'with "pipUrl" the option "docker"'],
    [{ noExecutor: true, env: { A: 'b' } }, 'with "noExecutor" the option "env"'],
  ])('refuse an option that they cannot use: %j', (options, message) => {
    expect(refused(options)?.message).toBe(`source-x: ${message} cannot be used`);
  });

  it.each([
    [{ dockerImage: 'Airbyte/Source X' }, '"Airbyte/Source X" is no name of an image'],
    [{ dockerImage: 'a/source-x:1', version: '2' }, 'the image says 1, "version" says 2'],
    [
      { dockerImage: true, useHostNetwork: true, docker: { network: 'none' } },
      '"useHostNetwork" and "docker.network" contradict each other',
    ],
    [
      { dockerImage: true, docker: { memory: 'much' } },
      'the option "docker.memory" is not right: must be an amount such as "512m" or "2g", and at least "6m"',
    ],
    [
      { dockerImage: true, docker: { extraHosts: ['x'] } },
      'the option "docker.extraHosts.0" is not right: must be written as name:address',
    ],
    [
      { dockerImage: true, docker: { platform: 'arm 64' } },
      'the option "docker.platform" is not right: must be a platform such as "linux/amd64"',
    ],
    [
      { dockerImage: true, pipUrl: 'x' },
      '"dockerImage" and "pipUrl" name two ways of running it; name at most one',
    ],
    [{ dockerImage: true, installRoot: 'x' }, 'with "dockerImage" the option "installRoot" cannot be used'],
  ])('in Docker refuse what makes no sense: %j', (options, message) => {
    expect(refused(options)?.message).toBe(`source-x: ${message}`);
  });

  it.each([
    ...['sourceManifest', 'localExecutable', 'dockerImage', 'usePython'].map((option) => [
      { [option]: '' },
      `the option "${option}" is not right: must not be empty`,
    ]),
    ...['A B', '', 'A=B', 'A\0'].map((variable) => [
      { localExecutable: true, env: { [variable]: '1' } },
      'the option "env" is not right: holds what is no name of a variable: none may be empty or have a space or = in it',
    ]),
    [{ pipUrl: '"--index-url=x" y' }, 'pipUrl begins with an option of pip, not with a package'],
  ] as [ConnectorOptions, string][])(
    'refuse what can be no value of theirs: %j',
    async (options, message) => {
      const error = await thrownBy(async () => getSource('source-x', {}, options).spec());
      expect(error).toMatchObject({ code: 'input_invalid', message: `source-x: ${message}` });
    },
  );

  it('may name Docker in two ways that agree', () => {
    expect(getSource('source-x', {}, { dockerImage: true, usePython: false, version: '1' }).name).toBe(
      'source-x',
    );
  });

  it('refuse a version beside requirements, which hold theirs', () => {
    expect(refused({ pipUrl: 'x', version: '1' })?.message).toBe(
      'source-x: "version" and "pipUrl" contradict each other',
    );
  });

  it('refuse, when built in, what would be ignored', () => {
    expect(refused({ version: '7.2.1' }, 'source-faker')).toEqual({
      message: 'source-faker: built in, where the option "version" cannot be used',
      guidance: expect.stringContaining('usePython: true'),
    });
    expect(getSource('source-faker', {}, { installIfMissing: true, timeouts: { commandMs: 5 } }).name).toBe(
      'source-faker',
    );
  });
});

describe('a name', () => {
  it('may leave out what it is', () => {
    expect(getSource('faker').name).toBe('source-faker');
    expect(getDestination('jsonl').name).toBe('destination-jsonl');
  });

  it('stays as it is where it only labels a program', () => {
    expect(getSource('my-shop', {}, { localExecutable: './my-shop' }).name).toBe('my-shop');
    expect(getSource('tap', {}, { pipUrl: 'tap==1' }).name).toBe('tap');
    expect(getSource('faker', {}, { pipUrl: 'airbyte-source-faker==6' }).name).toBe('source-faker');
  });

  it('of the other kind is refused', () => {
    expect(() => getSource('destination-jsonl')).toThrow('destination-jsonl is a destination, not a source');
    expect(() => getDestination('source-faker')).toThrow('source-faker is a source, not a destination');
  });

  it.each(['', '..', './x', 'a b', 'a/b', undefined, 5])('that is none is refused: %j', (name) => {
    expect(() => getSource(name as string)).toThrow(InputError);
  });
});

describe('a config', () => {
  it.each(['{}', [], null, 5])('must be an object: %j', (config) => {
    expect(() => getSource('faker', config as never)).toThrow('source-faker: the config must be an object');
  });

  it('is copied, so that changes to the original change nothing', () => {
    const config = { count: 5 };
    const source = getSource('faker', config);
    config.count = 6;
    expect(source.getConfig()).toEqual({ count: 5 });
  });

  it('that JSON cannot hold is refused', () => {
    expect(() => getSource('faker', { count: () => 5 })).toThrow('holds something that JSON cannot hold');
  });
});
