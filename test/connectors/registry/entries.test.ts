import { describe, expect, it } from 'vitest';
import { entriesIn, metadataOf } from '../../../src/connectors/registry/airbyte-entries.ts';
import { registryDocument, shopSpec } from '../../fixtures/registry-document.ts';

const base = 'https://registry.example/files/';

function read(document: unknown) {
  return (entriesIn(document) ?? []).map((entry) => metadataOf(entry, base));
}

function one(fields: Record<string, unknown>) {
  const [found] = read([{ dockerRepository: 'airbyte/source-x', dockerImageTag: '1.0.0', ...fields }]);
  return found;
}

describe('a registry of Airbyte’s form', () => {
  it('is read without what is withdrawn or cannot be named', () => {
    expect(read(registryDocument).map(({ name, kind, title }) => [name, kind, title])).toEqual([
      ['source-shop', 'source', 'Shop'],
      ['source-weather', 'source', 'Weather'],
      ['source-ledger', 'source', 'Ledger'],
      ['destination-vault', 'destination', 'Vault'],
    ]);
  });

  it('is read without names that no connector could be asked for', () => {
    const names = [
      '__proto__',
      'constructor',
      'source-../../etc',
      'source-..',
      'source-',
      'source-a b',
      'destination-x',
      'source-A_b.c-d',
    ];
    const sources = names.map((name) => ({ dockerRepository: `airbyte/${name}`, dockerImageTag: '1' }));
    expect(read({ sources }).map(({ name }) => name)).toEqual(['source-A_b.c-d']);
  });

  it('tells of each connector how it can be run, in the order of preference', () => {
    expect(read(registryDocument).map(({ ways }) => ways)).toEqual([
      [
        { way: 'python', package: 'airbyte-source-shop', version: '3.1.0' },
        { way: 'docker', image: 'airbyte/source-shop', version: '3.1.0' },
      ],
      [
        {
          way: 'manifest',
          url: `${base}metadata/airbyte/source-weather/0.4.2/manifest.yaml`,
          version: '0.4.2',
        },
        { way: 'docker', image: 'airbyte/source-weather', version: '0.4.2' },
      ],
      [{ way: 'docker', image: 'registry.example:5000/team/source-ledger', version: '1.5' }],
      [
        { way: 'python', package: 'vault-for-airbyte', version: '1.0.0' },
        { way: 'docker', image: 'airbyte/destination-vault', version: '1.0.0' },
      ],
    ]);
  });

  it('gives the fields by their names, and all of the entry as it is', () => {
    const [shop] = read(registryDocument);
    expect(shop).toMatchObject({
      version: '3.1.0',
      language: 'python',
      supportLevel: 'certified',
      sourceType: 'api',
      releaseDate: '2025-02-01',
      suggestedStreams: ['orders'],
      spec: shopSpec,
    });
    expect(shop?.entry).toEqual(registryDocument.sources[0]);
  });

  it('tells of versions and of what they break, the newest version and the oldest change first', () => {
    const [shop] = read(registryDocument);
    expect(shop?.versions).toEqual([
      { version: '3.2.0-rc.1', as: 'release candidate' },
      { version: '3.1.0', as: 'current' },
      { version: '3.0.0', as: 'breaking change' },
      { version: '2.0.0', as: 'breaking change' },
    ]);
    expect(shop?.breakingChanges).toEqual([
      {
        version: '2.0.0',
        message: 'Streams were renamed.',
        deadline: '2024-03-01',
        migrationUrl: 'https://docs.example/shop-migrations',
      },
      { version: '3.0.0', message: 'Keys are\ntexts now.', deadline: '2025-03-01' },
    ]);
  });

  it.each([
    ['metadata.yaml', { connectorType: 'source', name: 'X' }],
    ['an override', { name: 'Y', registryOverrides: { oss: { name: 'X' }, cloud: { name: 'Z' } } }],
    ['an override by its older name', { name: 'Y', registries: { oss: { name: 'X' } } }],
  ])('may be metadata, with its fields under data: %s', (_, fields) => {
    const data = { dockerRepository: 'airbyte/source-x', dockerImageTag: '1.0.0', ...fields };
    const metadata = { metadataSpecVersion: '1.0', data };
    for (const document of [metadata, [metadata], { sources: [metadata] }])
      expect(read(document)).toMatchObject([{ name: 'source-x', title: 'X', version: '1.0.0' }]);
  });

  it('leaves out what metadata does not offer to the open-source registry', () => {
    const data = { dockerRepository: 'airbyte/source-x', registryOverrides: { oss: { enabled: false } } };
    expect(read({ data })).toEqual([]);
  });

  it.each(['--index-url=http://127.0.0.1:1', '-r', 'x y', 'x @ http://127.0.0.1', './x', 'x[y]', '', 5])(
    'offers no Python package that bears no name of one: %j',
    (packageName) => {
      const [found] = read({
        dockerRepository: 'airbyte/source-x',
        dockerImageTag: '1.0.0',
        remoteRegistries: { pypi: { enabled: true, packageName } },
      });
      expect(found?.ways).toEqual([{ way: 'docker', image: 'airbyte/source-x', version: '1.0.0' }]);
    },
  );

  it.each(['--privileged', 'a b', '', '../1', 'x/y'])('has no version that is none: %j', (dockerImageTag) => {
    expect(one({ dockerImageTag, language: 'manifest-only' })).toMatchObject({ ways: [], versions: [] });
  });

  it.each([undefined, null, 5, 'x', {}, { sources: 5 }, { destinations: {} }, { data: {} }])(
    'is not %j',
    (document) => {
      expect(entriesIn(document)).toBeUndefined();
    },
  );

  it('is read past fields that are not as they should be', () => {
    for (const value of [null, 5, 'x', [], {}, [5], true]) {
      const found = one({
        name: value,
        spec: value,
        tags: value,
        releases: value,
        remoteRegistries: value,
        suggestedStreams: value,
        documentationUrl: value,
        language: value,
      });
      expect(found).toMatchObject({
        name: 'source-x',
        breakingChanges: [],
        suggestedStreams: [],
        spec: undefined,
      });
    }
    for (const value of [null, 5, 'x', [], [5]]) {
      expect(one({ releases: { breakingChanges: value } })?.breakingChanges).toEqual([]);
      expect(one({ remoteRegistries: { pypi: value } })?.ways).toHaveLength(1);
    }
    expect(one({ releases: { breakingChanges: { '1.0.0': null } } })?.breakingChanges).toEqual([
      { version: '1.0.0', message: 'the registry does not say what it breaks' },
    ]);
  });
});
