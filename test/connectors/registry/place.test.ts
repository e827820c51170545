import { describe, expect, it } from 'vitest';
import { registrySettings } from '../../../src/connectors/registry/place.ts';
import { RegistryError } from '../../../src/errors.ts';

describe('the environment', () => {
  const placeOf = (env: Record<string, string>) => registrySettings(env).place;

  it('names Airbyte’s registry unless it names another', () => {
    const { place, isOffline } = registrySettings({});
    expect(place).toMatchObject({
      kind: 'url',
      label: 'https://connectors.airbyte.com/files/registries/v0/oss_registry.json',
      base: 'https://connectors.airbyte.com/files/',
    });
    expect(isOffline).toBe(false);
  });

  it.each(['0', 'F', 'FALSE', 'off', 'no'])('turns the registry off: %s', (value) => {
    expect(placeOf({ AIRBYTE_LOCAL_REGISTRY: value }).kind).toBe('none');
    expect(placeOf({ SLUICE_REGISTRY: value }).kind).toBe('none');
  });

  it('of Sluice goes before that of PyAirbyte', () => {
    expect(placeOf({ AIRBYTE_LOCAL_REGISTRY: '/a.json' })).toMatchObject({ kind: 'file', path: '/a.json' });
    expect(placeOf({ AIRBYTE_LOCAL_REGISTRY: '/a.json', SLUICE_REGISTRY: '/b.json' })).toMatchObject({
      path: '/b.json',
    });
    expect(placeOf({ AIRBYTE_LOCAL_REGISTRY: '/a.json', SLUICE_REGISTRY: ' ' })).toMatchObject({
      path: '/a.json',
    });
  });

  it('tells where the files of connectors lie: beside the folder of registries, else with Airbyte', () => {
    expect(placeOf({ SLUICE_REGISTRY: 'https://u:p@x.example/f/registries/v0/a.json' })).toMatchObject({
      base: 'https://x.example/f/',
    });
    expect(placeOf({ SLUICE_REGISTRY: '/mirror/registries/v0/a.json' })).toMatchObject({
      base: 'file:///mirror/',
    });
    expect(placeOf({ SLUICE_REGISTRY: '/a.json' })).toMatchObject({
      base: 'https://connectors.airbyte.com/files/',
    });
  });

  it.each(['https://', 'ftp://x/y.json', 'file://host.example/y.json', 's3://bucket/x'])(
    'that names nothing that can be read is an error: %s',
    (value) => {
      expect(() => placeOf({ SLUICE_REGISTRY: value })).toThrow(RegistryError);
    },
  );
});
