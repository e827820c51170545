import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRegistry } from '../../../src/connectors/registry/registry.ts';
import { RegistryError } from '../../../src/errors.ts';
import { registryDocument } from '../../fixtures/registry-document.ts';
import { thrownBy } from '../answering.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function shopVersion(): Promise<readonly (string | undefined)[]> {
  const registry = await openRegistry({}, 'source-shop');
  return [registry.find('source-shop')?.version, registry.origin.kind];
}

describe('a registry in a file', () => {
  it.each(['path', 'file URL'])('is read anew each time, by its %s', async (form) => {
    const path = join(folder, 'registry.json');
    await writeFile(path, JSON.stringify(registryDocument));
    vi.stubEnv('SLUICE_REGISTRY', form === 'path' ? path : pathToFileURL(path).href);
    expect(await shopVersion()).toEqual(['3.1.0', 'file']);
    await writeFile(path, '{"sources": []}');
    expect(await shopVersion()).toEqual([undefined, 'file']);
  });

  it.each([
    ['none.json', undefined, 'cannot be read: ENOENT'],
    ['folder', undefined, 'cannot be read: EISDIR'],
    ['bad.json', '{', 'is no registry of connectors: it is no JSON'],
    [
      'else.json',
      '{"name": "sluice"}',
      'is no registry of connectors: it has neither sources nor destinations',
    ],
    [
      'lists.json',
      '{"sources": {}}',
      'is no registry of connectors: it has neither sources nor destinations',
    ],
  ])('that cannot be used is an error: %s', async (file, content, message) => {
    await mkdir(join(folder, 'folder'));
    if (content !== undefined) await writeFile(join(folder, file), content);
    vi.stubEnv('SLUICE_REGISTRY', join(folder, file));
    const error = await thrownBy(() => openRegistry());
    expect(error).toBeInstanceOf(RegistryError);
    expect(String(error)).toContain(message);
  });

  it('is quoted by no error', async () => {
    const path = join(folder, 'passwords');
    await writeFile(path, 'root:s3cret:0:0');
    vi.stubEnv('SLUICE_REGISTRY', path);
    const error = await thrownBy(() => openRegistry());
    expect(inspect(error)).toContain('it is no JSON');
    expect(inspect(error)).not.toContain('root:s3');
  });
});
