import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { registryLogin } from '../../src/executors/docker/credentials.ts';
import { findEndpoint, socketOf } from '../../src/executors/docker/endpoint.ts';

const home = mkdtempSync(join(tmpdir(), 'docker-endpoint-'));
afterAll(() => rmSync(home, { recursive: true }));

/** A folder as `docker` keeps one. */
function dockerFolder(name: string, config: unknown, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
  return folder;
}

describe('the engine', () => {
  it.each([
    ['unix:///run/user/1000/docker.sock', '/run/user/1000/docker.sock'],
    ['unix://', '/var/run/docker.sock'],
    ['npipe:////./pipe/docker_engine', '//./pipe/docker_engine'],
    ['tcp://engine.example:2375', undefined],
    ['engine.example:2375', undefined],
    ['ssh://me@engine.example:22', undefined],
  ])('is where DOCKER_HOST says: %s', async (host, socket) => {
    const endpoint = await findEndpoint({ DOCKER_HOST: host, HOME: home });
    expect(endpoint.from).toBe('DOCKER_HOST');
    expect(socketOf(endpoint)).toBe(socket);
    expect(endpoint.tls).toBeUndefined();
  });

  it.each([
    ['ftp://x', 'DOCKER_HOST does not name a Docker engine: ftp:'],
    ['tcp://', 'DOCKER_HOST does not name a Docker engine: tcp:// without a host'],
    ['ssh://', 'DOCKER_HOST does not name a Docker engine: ssh:// without a host'],
    ['http://[', 'DOCKER_HOST does not name a Docker engine: it is no URL'],
  ])('cannot be at %s', async (host, message) => {
    await expect(findEndpoint({ DOCKER_HOST: host, HOME: home })).rejects.toThrow(message);
  });

  it('is proven by the certificates of DOCKER_CERT_PATH', async () => {
    const folder = dockerFolder('certificates', {}, { 'ca.pem': 'a', 'cert.pem': 'b', 'key.pem': 'c' });
    const endpoint = await findEndpoint({
      DOCKER_HOST: 'tcp://x:2376',
      DOCKER_CERT_PATH: folder,
      HOME: home,
    });
    expect(endpoint.tls).toEqual({
      ca: Buffer.from('a'),
      cert: Buffer.from('b'),
      key: Buffer.from('c'),
      isUnverified: false,
    });
  });

  it('is that of the current context, or of DOCKER_CONTEXT, with its certificates', async () => {
    const id = (name: string) => createHash('sha256').update(name).digest('hex');
    const meta = (host: string) =>
      JSON.stringify({ Name: 'x', Endpoints: { docker: { Host: host, SkipTLSVerify: true } } });
    const folder = dockerFolder(
      'contexts-of-mine',
      { currentContext: 'far' },
      {
        [`contexts/meta/${id('far')}/meta.json`]: meta('tcp://far.example:2376'),
        [`contexts/tls/${id('far')}/docker/ca.pem`]: 'a',
        [`contexts/meta/${id('near')}/meta.json`]: meta('unix:///near.sock'),
      },
    );
    const far = await findEndpoint({ DOCKER_CONFIG: folder });
    expect(far).toMatchObject({
      from: 'the Docker context "far"',
      tls: { ca: Buffer.from('a'), isUnverified: true },
    });
    expect(far.url.host).toBe('far.example:2376');
    const near = await findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'near' });
    expect(socketOf(near)).toBe('/near.sock');
    expect(near.tls).toBeUndefined();
    await expect(findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'none' })).rejects.toThrow(
      'there is no Docker context "none"',
    );
  });

  it('is not looked for by a config that cannot be read, which is not quoted', async () => {
    const folder = dockerFolder('broken', '{"auths":{"x":{"auth":"c2VjcmV0"');
    const error = await findEndpoint({ DOCKER_CONFIG: folder }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'input_invalid', context: { problem: 'it is not JSON' } });
    expect(JSON.stringify(error)).not.toContain('c2VjcmV0');
  });
});

describe('the login of a registry', () => {
  const auth = Buffer.from('me:pass:word').toString('base64');
  const helper = `#!/bin/sh
read registry
case $registry in
  helped.example) echo '{"ServerURL":"helped.example","Username":"kept","Secret":"by the helper"}' ;;
  token.example) echo '{"Username":"<token>","Secret":"t"}' ;;
  broken.example) echo 'no JSON: s3cret' ;;
  refused.example) echo 'the keychain is locked' >&2; exit 1 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;
  const folder = dockerFolder(
    'logins',
    {
      auths: {
        'https://index.docker.io/v1/': { auth },
        'private.example:5000': { auth },
        'id.example': { identitytoken: 'i' },
      },
      credHelpers: Object.fromEntries(
        ['helped', 'token', 'broken', 'refused', 'unknown'].map((name) => [`${name}.example`, 'test']),
      ),
    },
    { 'bin/docker-credential-test': helper },
  );
  const env = { DOCKER_CONFIG: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };

  it.each([
    ['docker.io', { username: 'me', password: 'pass:word', serveraddress: 'https://index.docker.io/v1/' }],
    [
      'private.example:5000',
      { username: 'me', password: 'pass:word', serveraddress: 'private.example:5000' },
    ],
    ['id.example', { identitytoken: 'i', serveraddress: 'id.example' }],
    ['helped.example', { username: 'kept', password: 'by the helper', serveraddress: 'helped.example' }],
    ['token.example', { identitytoken: 't', serveraddress: 'token.example' }],
    ['unknown.example', undefined],
    ['other.example', undefined],
  ])('%s is what docker login has left', async (registry, login) => {
    expect(await registryLogin(registry, env)).toEqual(login);
  });

  it.each([
    [
      'refused.example',
      'the credential helper docker-credential-test has no login for refused.example (exit code 1)',
    ],
    ['broken.example', 'the credential helper docker-credential-test gave an answer that cannot be read'],
  ])('of %s is an error that tells no secret', async (registry, message) => {
    const error = await registryLogin(registry, env).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'install_failed', message });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });

  it('needs the helper that the config names', async () => {
    await expect(registryLogin('helped.example', { ...env, PATH: '/nowhere' })).rejects.toThrow(
      "Docker's config names the credential helper docker-credential-test, which cannot be run",
    );
  });
});
