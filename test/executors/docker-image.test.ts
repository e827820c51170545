import { describe, expect, it } from 'vitest';
import { imageOf } from '../../src/executors/docker/image.ts';

const digest = `sha256:${'0a'.repeat(32)}`;

describe('the name of an image', () => {
  it.each<[image: true | string, version: string | undefined, text: string, registry: string]>([
    [true, undefined, 'airbyte/source-x:latest', 'docker.io'],
    [true, '1.2.3', 'airbyte/source-x:1.2.3', 'docker.io'],
    ['mine', undefined, 'mine:latest', 'docker.io'],
    ['airbyte/source-x:7', '7', 'airbyte/source-x:7', 'docker.io'],
    ['docker://airbyte/source-x', undefined, 'airbyte/source-x:latest', 'docker.io'],
    ['localhost/x', undefined, 'localhost/x:latest', 'localhost'],
    ['localhost:5000/team/x', '2', 'localhost:5000/team/x:2', 'localhost:5000'],
    [
      'registry.example:5000/a/b/c:dev',
      undefined,
      'registry.example:5000/a/b/c:dev',
      'registry.example:5000',
    ],
    [`ghcr.io/a/b@${digest}`, undefined, `ghcr.io/a/b@${digest}`, 'ghcr.io'],
    [`ghcr.io/a/b:1@${digest}`, undefined, `ghcr.io/a/b@${digest}`, 'ghcr.io'],
    ['a/b', digest, `a/b@${digest}`, 'docker.io'],
  ])('%s and version %s mean %s', (image, version, text, registry) => {
    expect(imageOf('source-x', { image, version })).toMatchObject({ text, registry });
  });

  it.each([
    ['Airbyte/x', 'is no name of an image'],
    ['', 'is no name of an image'],
    ['a b', 'is no name of an image'],
    ['a:b:c', 'is no name of an image'],
    ['x@sha256:12', 'is no name of an image'],
    ['--privileged', 'is no name of an image'],
  ])('cannot be %j', (image, message) => {
    expect(() => imageOf('source-x', { image })).toThrow(message);
  });

  it.each(['--privileged', '', 'a b', '../x', 'sha256:12'])('cannot be of version %j', (version) => {
    expect(() => imageOf('source-x', { image: true, version })).toThrow(
      `source-x: "${version}" is no version of an image`,
    );
  });

  it('may not say another version than the option', () => {
    expect(() => imageOf('source-x', { image: 'x:1', version: '2' })).toThrow(
      'the image says 1, "version" says 2',
    );
  });
});
