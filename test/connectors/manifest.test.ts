import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { getDestination } from '../../src/connectors/destination.ts';
import type { SourceOptions } from '../../src/connectors/options.ts';
import { getSource, type Source } from '../../src/connectors/source.ts';
import { pathWithUv } from '../executors/python-package.ts';
import { cutServer, listen } from '../fixtures/loopback.ts';
import { haveKit, kitRoot, manifestFixture } from '../fixtures/manifest-kit.ts';
import { openShopApi, orderOf, type ShopApi } from '../fixtures/shop-api.ts';
import { keptLog, thrownBy } from './answering.ts';

const key = 's3cret-key';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  vi.stubEnv('SLUICE_DIR', join(folder, '.sluice'));
  return () => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  };
});

const needed = 'a source declared in YAML, run by Airbyte’s kit (needs Python and PyPI)';

// The kit takes seconds to start, each time.
describe.skipIf(!haveKit)(needed, { timeout: 240_000 }, () => {
  let api: ShopApi;
  beforeAll(async () => {
    api = await openShopApi(key);
    vi.stubEnv('PATH', pathWithUv());
    await shop().check();
  }, 900_000);
  afterAll(() => api[Symbol.asyncDispose]());

  const shop = (options: SourceOptions = {}, api_key = key): Source =>
    getSource(
      'source-shop',
      { base_url: api.url, api_key },
      { sourceManifest: manifestFixture('orders.yaml'), installRoot: kitRoot, ...options },
    );
  const rowsIn = (path: string) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('says what it has, from the catalog that the kit makes', async () => {
    const { streams } = await shop().discover();
    expect(streams).toMatchObject([
      { name: 'orders', default_cursor_field: ['updated_at'], source_defined_primary_key: [['id']] },
      { name: 'customers', source_defined_primary_key: [['id']] },
    ]);
  });

  it('reads page after page, and the second time only what is new', async () => {
    const destination = () => getDestination('jsonl', { path: join(folder, 'out') });
    api.asked.length = 0;
    const first = await destination().write(shop({ streams: ['orders'] }));
    expect(first.records).toMatchObject({ read: 3, confirmed: 3 });
    expect(api.asked).toEqual([
      '/orders?since=2026-01-01T00:00:00Z',
      '/orders?page=2&since=2026-01-01T00:00:00Z',
    ]);
    api.orders.push(orderOf(4));
    const second = await destination().write(shop({ streams: ['orders'] }));
    expect(second.records).toMatchObject({ read: 1, confirmed: 1 });
    expect(api.asked.slice(2)).toEqual(['/orders?since=2026-02-03T00:00:00Z']);
    expect(rowsIn(join(folder, 'out/orders.jsonl'))).toEqual([1, 2, 3, 4].map(orderOf));
    expect((await destination().write(shop({ streams: ['orders'] }))).records.read).toBe(0);
  });

  it('tells why its check fails, and a secret nowhere', async () => {
    const { log, entries } = keptLog();
    const error = await shop({}, 'an-0ther-key')
      .check({ log })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'check_failed', message: expect.stringMatching(/401/) });
    expect(JSON.stringify([error, entries])).not.toContain('an-0ther-key');
  });

  it('says where its manifest does not fit, in one line', async () => {
    const text = readFileSync(manifestFixture('orders.yaml'), 'utf8');
    const error = await thrownBy(() =>
      shop({ sourceManifest: text.replace('SimpleRetriever', 'SimplRetriever') }).check(),
    );
    expect(error).toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(
        /^source-shop: the manifest .* does not fit the schema of manifests: [\w.]*retriever: "SimplRetriever" may not stand there; did you mean "SimpleRetriever"/,
      ),
    });
  });

  it('runs Python of its own where that is allowed', async () => {
    const beside = customManifest();
    const { log, entries } = keptLog();
    const options: SourceOptions = { sourceManifest: beside, manifest: { customComponents: true } };
    const rows = [];
    for await (const row of shop(options).getRecords('customers', { log })) rows.push(row);
    expect(rows).toEqual([1, 2, 3].map((id) => ({ id, name: `customer ${id}`, seen_by: 'components.py' })));
    expect(entries.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });

  it('is run as a manifest is that says nothing of its config', async () => {
    const { spec: _spec, ...rest } = JSON.parse(
      JSON.stringify((await import('yaml')).parse(readFileSync(manifestFixture('orders.yaml'), 'utf8'))),
    );
    const { streams } = await shop({ sourceManifest: rest }).discover();
    expect(streams).toHaveLength(2);
  });

  it('is refused where its kit is too old and may not be renewed', async () => {
    const text = readFileSync(manifestFixture('orders.yaml'), 'utf8').replace('6.48.0', '99.0.0');
    await expect(shop({ sourceManifest: text, installIfMissing: false }).check()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(/^source-shop: its manifest needs airbyte-cdk 99\.0\.0, and \d/),
    });
  });
});

/** The same manifest, whose customers come out of a Python class of its own; the folder that holds both. */
function customManifest(): string {
  const text = readFileSync(manifestFixture('orders.yaml'), 'utf8');
  const custom = text.replace(
    'extractor: { type: DpathExtractor, field_path: [items] }',
    'extractor: { type: CustomRecordExtractor, class_name: source_declarative_manifest.components.Seen }',
  );
  writeFileSync(join(folder, 'manifest.yaml'), custom);
  const python = [
    'from dataclasses import dataclass',
    'from airbyte_cdk.sources.declarative.extractors.record_extractor import RecordExtractor',
    '@dataclass',
    'class Seen(RecordExtractor):',
    '    def extract_records(self, response):',
    '        for item in response.json()["items"]:',
    '            yield {**item, "seen_by": "components.py"}',
  ];
  writeFileSync(join(folder, 'components.py'), `${python.join('\n')}\n`);
  return folder;
}

describe('a source declared in YAML', () => {
  const source = (sourceManifest: SourceOptions['sourceManifest'], options: SourceOptions = {}) =>
    getSource('source-shop', {}, { sourceManifest, ...options });

  it('gives its spec and checks a config by it with no Python', async () => {
    vi.stubEnv('PATH', folder);
    const shop = source(manifestFixture('orders.yaml'));
    expect(await shop.spec()).toMatchObject({
      documentationUrl: 'https://shop.example/docs',
      connectionSpecification: { required: ['base_url', 'api_key'] },
    });
    await expect(shop.setConfig({ base_url: 'x', api_key: 'y', more: 1 }).check()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('more'),
    });
    await expect(shop.setConfig({ base_url: 'x', api_key: 'y' }).check()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(/^source-shop: Python is not on PATH/),
    });
  });

  it('with Python of its own is refused unless that is allowed', async () => {
    await expect(source(customManifest()).spec()).rejects.toMatchObject({
      code: 'input_invalid',
      message:
        'source-shop: its manifest runs Python of its own (source_declarative_manifest.components.Seen), which was not allowed',
      guidance: expect.stringContaining('customComponents'),
    });
  });

  it('is had from the registry by its name and version, and from the copy the second time', async () => {
    const asked: (string | undefined)[] = [];
    const text = readFileSync(manifestFixture('orders.yaml'));
    const server = createServer(({ url }, response) => {
      asked.push(url);
      response.end(url?.endsWith('metadata.yaml') === true ? 'data:\n  dockerImageTag: 1.3.0\n' : text);
    });
    vi.stubEnv('SLUICE_REGISTRY', `${await listen(server)}/files/registries/v0/oss_registry.json`);
    for (const version of ['1.2.0', '1.2.0', undefined])
      expect(await source(true, { version }).spec()).toHaveProperty('documentationUrl');
    await cutServer(server);
    expect(asked).toEqual([
      '/files/metadata/airbyte/source-shop/1.2.0/manifest.yaml',
      '/files/metadata/airbyte/source-shop/latest/metadata.yaml',
      '/files/metadata/airbyte/source-shop/latest/manifest.yaml',
    ]);
    expect(await source(true, { version: '1.2.0' }).connectorVersion()).toBe('1.2.0');
    expect(await source(true).connectorVersion()).toBe('1.3.0');
    expect(await source(true, { version: '1.4.0' }).connectorVersion()).toBeUndefined();
    vi.stubEnv('SLUICE_REGISTRY', '0');
    await expect(source(true).spec()).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('that is none (SLUICE_REGISTRY turns it off)'),
    });
  });

  it('tells its connection from one of another manifest', async () => {
    const { via } = await source(manifestFixture('orders.yaml')).connectionEnd();
    expect(via).toMatch(/^the manifest .*orders\.yaml$/);
  });

  it('is no destination', () => {
    expect(() => getDestination('shop', {}, { sourceManifest: true })).toThrow(
      'shop: a destination has no manifest',
    );
  });

  it('has a version only in the registry, and what concerns its kit only where it is run by it', () => {
    expect(() => source('./m.yaml', { version: '1.0.0' })).toThrow(
      '"version" and a "sourceManifest" of your own contradict each other',
    );
    expect(() => getSource('faker', {}, { manifest: { customComponents: true } })).toThrow(
      'the option "manifest" cannot be used',
    );
    expect(() => source('./m.yaml', { manifest: { customComponent: true } as never })).toThrow(
      'unknown option "customComponent" in "manifest"; did you mean "customComponents"?',
    );
  });
});

describe('the URL of a manifest', () => {
  it('whose login cannot be decoded is refused, without a word of it', async () => {
    const sourceManifest = 'http://bob:hun%zzter22@127.0.0.1:1/manifest.yaml';
    const error = await thrownBy(() => getSource('source-shop', {}, { sourceManifest }).spec());
    expect(error).toMatchObject({ code: 'input_invalid', message: expect.stringContaining('is none') });
    expect(inspect(error)).not.toMatch(/bob|zzter/);
  });
});
