import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorOptions } from '../../src/connectors/options.ts';
import { getSource } from '../../src/connectors/source.ts';
import { hasDocker, testDocker, testRun, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { inNewHome } from '../fixtures/new-home.ts';

describe.skipIf(!hasDocker)(withDocker, () => {
  const repo = 'sluice-test/asked';
  const tagged = `${repo}:${testRun}`;
  const images = { one: '', other: '' };
  const newHome = inNewHome();
  const inHome = (...path: readonly string[]) => join(newHome(), 'home', ...path);
  beforeAll(async () => {
    for (const self of ['one', 'other'] as const) {
      images[self] = await nodeImage({ entrypoint: [...fixtureInside('asked.mjs'), self], hasShell: true });
    }
  });
  afterAll(async () => {
    await testDocker()
      .getImage(tagged)
      .remove({ force: true })
      .catch(() => {});
  });

  const token = 's3cret-t0ken';
  const opened = (options: ConnectorOptions = {}) =>
    getSource('source-asked', { token }, { dockerImage: images.one, ...options });
  /** What containers were started for since the last time. */
  const asked = () => {
    const list = inHome('local', 'asked.txt');
    const lines = readFileSync(list, 'utf8').trimEnd().split('\n');
    writeFileSync(list, '');
    return lines;
  };
  const files = () => readdirSync(inHome('specs')).map((name) => inHome('specs', name));
  const onlyFile = () => {
    const [file = ''] = files();
    expect(files()).toHaveLength(1);
    return file;
  };

  it('an image that has told its spec once starts no container for it again', async () => {
    await opened().discover();
    expect(asked()).toEqual(['one spec', 'one discover']);
    await opened().discover();
    await opened().check();
    await opened().validateConfig();
    expect(asked()).toEqual(['one discover', 'one check']);
  });

  it('is asked all the same when the spec itself is what one wants', async () => {
    await opened().discover();
    expect(asked()).toEqual(['one spec', 'one discover']);
    const source = opened();
    await source.validateConfig();
    expect(await source.spec()).toMatchObject({ documentationUrl: 'https://example.com/one' });
    expect(await source.spec()).toBe(await source.spec());
    expect(asked()).toEqual(['one spec']);
  });

  it('another image under the same tag is asked anew', async () => {
    const call = async (self: 'one' | 'other') => {
      await testDocker().getImage(images[self]).tag({ repo, tag: testRun });
      const { documentationUrl } = await opened({ dockerImage: tagged }).knownSpec({});
      return documentationUrl;
    };
    expect(await call('one')).toBe('https://example.com/one');
    expect(await call('other')).toBe('https://example.com/other');
    expect(await call('one')).toBe('https://example.com/one');
    expect(asked()).toEqual(['one spec', 'other spec']);
  });

  it.each([
    { how: 'cut off', damage: (text: string) => text.slice(0, -20) },
    { how: 'empty', damage: () => '' },
    { how: 'changed within', damage: (text: string) => text.replace('example.com', 'example.org') },
    { how: 'no JSON', damage: (text: string) => `{${text}` },
    { how: 'of another image', damage: (text: string) => text.replace(/"id":"sha256:./, '"id":"sha256:x') },
    { how: 'no spec', damage: () => noted('{"connectionSpecification":"none"}') },
  ])('a file that is $how is asked anew, and mended', async ({ damage }) => {
    await opened().discover();
    const whole = readFileSync(onlyFile(), 'utf8');
    writeFileSync(onlyFile(), damage(whole));
    await opened().discover();
    expect(asked()).toEqual(['one spec', 'one discover', 'one spec', 'one discover']);
    expect(readFileSync(onlyFile(), 'utf8')).toBe(whole);
  });

  /** A file as it would be if the image had told this spec. */
  const noted = (spec: string) => {
    const [note = ''] = readFileSync(onlyFile(), 'utf8').split('\n');
    const hash = createHash('sha256').update(spec).digest('hex');
    return `${JSON.stringify({ ...JSON.parse(note), hash })}\n${spec}`;
  };

  it('refuses no config on the word of a memory', async () => {
    await opened().discover();
    writeFileSync(onlyFile(), noted('{"connectionSpecification":{"required":["account"]}}'));
    await opened().discover();
    expect(asked()).toEqual(['one spec', 'one discover', 'one spec', 'one discover']);
    await expect(getSource('source-asked', {}, { dockerImage: images.one }).discover()).rejects.toMatchObject(
      { code: 'config_invalid', message: expect.stringContaining('token') },
    );
  });

  it('a spec that was told with variables of the user is not kept, and none is taken for it', async () => {
    const env = { API_TOKEN: token };
    await opened({ env }).discover();
    await opened({ env }).discover();
    expect(asked()).toEqual(['one spec', 'one discover', 'one spec', 'one discover']);
    expect(() => files()).toThrow('ENOENT');
    await opened().discover();
    await opened({ env }).discover();
    expect(asked()).toEqual(['one spec', 'one discover', 'one spec', 'one discover']);
  });

  it('what is kept is private, and holds no secret', async () => {
    await opened().discover();
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(inHome('specs')).mode & 0o777).toBe(0o700);
    expect(readFileSync(onlyFile(), 'utf8')).not.toContain(token);
  });

  it('keeps the last hundred, and none where it cannot', async () => {
    await opened().discover();
    for (let index = 0; index < 120; index += 1) writeFileSync(inHome('specs', `${index}.spec`), '');
    await opened({ dockerImage: images.other }).discover();
    expect(files()).toHaveLength(100);
    await opened({ dockerImage: images.other }).discover();
    expect(asked().slice(2)).toEqual(['other spec', 'other discover', 'other discover']);

    rmSync(inHome('specs'), { recursive: true });
    writeFileSync(inHome('specs'), 'no folder');
    await opened().discover();
    expect(asked()).toEqual(['one spec', 'one discover']);
  });
});
