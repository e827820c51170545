import { describe, expect, it } from 'vitest';
import { defineSource } from '../../src/connectors/authoring/define-source.ts';
import type { ConnectorOptions } from '../../src/connectors/options.ts';
import { getSource } from '../../src/connectors/source.ts';
import { viaOf } from '../../src/connectors/via.ts';
import { checkWay } from '../../src/connectors/ways.ts';

function via(name: string, options: ConnectorOptions = {}): string | undefined {
  return viaOf({ name, program: undefined, options, way: checkWay(options, name) });
}

describe('what a connector is run from', () => {
  it('is left out where the name tells: a program on PATH, the Python package of that name', () => {
    expect(via('source-x')).toBeUndefined();
    expect(via('source-faker', { localExecutable: true })).toBeUndefined();
    expect(via('source-faker', { usePython: true, version: '7.2.1' })).toBeUndefined();
    expect(via('source-faker', { dockerImage: true, version: '7.2.1' })).toBeUndefined();
    expect(via('source-faker', { dockerImage: 'airbyte/source-faker:7.2.1' })).toBeUndefined();
    expect(via('source-faker', { pipUrl: 'airbyte-source-faker==7.2.1' })).toBeUndefined();
    expect(via('source-faker', { pipUrl: "'urllib3<2' Airbyte_Source_Faker[all]>=7" })).toBeUndefined();
  });

  it('tells a built-in connector from the one of the same name that is installed', async () => {
    expect(via('source-faker')).toBe('built in');
    const defined = getSource(defineSource({ name: 'source-faker', streams: [] }));
    expect(await defined.connectionEnd()).toEqual({ name: 'source-faker', via: 'TypeScript', config: {} });
  });

  it('is the path of a program as it was given', () => {
    expect(via('src', { localExecutable: './p1/src.sh' })).toBe('./p1/src.sh');
    expect(via('src', { dockerImage: 'localhost:5000/team/src:2' })).toBe('localhost:5000/team/src');
  });

  it.each([
    ['my-faker==1.2', 'my-faker'],
    ['My_Faker[x]>=1,<2', 'my-faker'],
    ['my-faker @ https://user:secret@host/my_faker-1.2-py3-none-any.whl', 'my-faker'],
    ['https://user:secret@host/dist/my_faker-1.2-py3-none-any.whl?token=x', 'my-faker'],
    ['-i https://user:secret@host/simple my-faker', 'my-faker'],
    ['git+https://secret@host/o/r.git@v1.2#egg=r', 'git+https://host/o/r.git'],
    ['git+ssh://git@host/o/r.git@feature/x#subdirectory=a&egg=r', 'git+ssh://host/o/r.git#subdirectory=a'],
    ['https://host/o/r/archive/refs/tags/v1.2.tar.gz', 'https://host/o/r/archive/refs/tags/'],
    ['-e ./connectors/mine', './connectors/mine'],
  ])('is the package without its version and without passwords: %s', (pipUrl, expected) => {
    expect(via('source-faker', { pipUrl })).toBe(expected);
  });
});
