import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectorFailedError } from '../../src/errors.ts';
import { injectManifest, withoutInjected } from '../../src/executors/manifest/config.ts';
import { checkManifest, readManifest } from '../../src/executors/manifest/document.ts';
import { manifestFault } from '../../src/executors/manifest/fault.ts';
import { componentsBeside, forgetManifest, openManifest } from '../../src/executors/manifest/open.ts';
import { ManifestExecutor, type ManifestOptions } from '../../src/executors/manifest.ts';
import { fileInZip } from '../../src/executors/zip-file.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import { cutServer, listen } from '../fixtures/loopback.ts';
import { havePython } from '../fixtures/python.ts';
import { all, running } from './running.ts';

const name = 'source-shop';
const start = { version: '6.48.0', type: 'DeclarativeSource', check: {}, streams: [] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

describe('a manifest that cannot be read', () => {
  it('says in which line it is not YAML, and quotes nothing of it', async () => {
    const text = 'version: 6.48.0\ncheck:\n  type: CheckStream\n streams: [s3cret\n';
    await expect(readManifest(text, 'the manifest m.yaml')).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(
        /^the manifest m\.yaml is not YAML \(line 4, column \d+\): (?!.*s3cret)/,
      ),
    });
  });

  it.each([
    ['', 'it holds nothing, not an object'],
    ['<html>', 'it holds a text, not an object'],
    ['[1]', 'it holds a list, not an object'],
    ['type: SyncCatalog', 'its type is "SyncCatalog"'],
    ['type: DeclarativeSource', 'it has no "version"'],
    ['version: newest', 'its "version" is no version'],
    ['version: 6.48.0', 'it has no "check"'],
    ['version: 6.48.0\ncheck: {}', 'it has no "streams"'],
    ['version: 6.48.0\ncheck: {}\nstreams: []\nspec: {}', 'its "spec" has no "connection_specification"'],
  ])('%j is no manifest', async (text, why) => {
    await expect(readManifest(text, 'it')).rejects.toMatchObject({
      code: 'input_invalid',
      message: `it is no declarative manifest: ${why}`,
    });
  });

  it.each([
    [
      "{'type': 'SimpleRetriever'} is not valid under any of the given schemas",
      "{'type': 'SimpleRetriever'}",
      'streams.0.retriever: something in this SimpleRetriever is missing, misspelt or too much',
    ],
    ["'GETT' is not one of ['GET', 'POST']", "'GETT'", "retriever: 'GETT' is not one of ['GET', 'POST']"],
  ])('is told by its place where the kit says: %s', (why, instance, told) => {
    const stack_trace = `Traceback\nValidationError: ${why}\n\nFailed validating 'anyOf' in schema:\n    '#/definitions/SimpleRetriever'\n\nOn instance['retriever']:\n    ${instance}\n\nThe above`;
    const message =
      'Error starting the sync. Contact Support. Error: declarative_component_schema.yaml failed';
    const content = { streams: [{ retriever: { type: 'SimpleRetriever' } }] };
    const failed = new ConnectorFailedError('failed');
    expect(manifestFault(failed, { message, stack_trace }, { content }, 'it')).toMatchObject({
      code: 'input_invalid',
      message: `it does not fit the schema of manifests: ${told}`,
    });
    const twice = { ...content, definitions: { a: { retriever: { type: 'SimpleRetriever' } } } };
    expect(manifestFault(failed, { message, stack_trace }, { content: twice }, 'it')).toMatchObject({
      message: `it does not fit the schema of manifests: ${told.replace('streams.0.retriever', '$& or definitions.a.retriever')}`,
    });
    const other = { message: 'Error starting the sync. Contact Support. Error: no stream "x"' };
    expect(manifestFault(failed, other, { content }, 'it')).toMatchObject({
      message: 'it cannot be run: no stream "x"',
    });
    expect(manifestFault(failed, { message: 'other' }, { content }, 'it')).toBe(failed);
  });

  it('names a reference that leads nowhere, or back to itself', () => {
    expect(() => checkManifest({ ...start, spec: '#/a' }, 'it')).toThrow('it: there is nothing at #/a');
    expect(() => checkManifest({ ...start, spec: '#/a', a: { b: '#/a' } }, 'it')).toThrow(
      'it: the reference #/a leads back to itself',
    );
  });

  it('is told apart from a file that is not there', async () => {
    await using executor = open({ place: { kind: 'path', path: join(folder, 'no.yaml') } });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(/^source-shop: the manifest .*no\.yaml is not there/),
    });
  });
});

describe('a manifest', () => {
  it('is read as YAML 1.1, with dates as texts', async () => {
    const text = 'version: 6.48.0\ncheck: {}\nstreams: []\nschemas: { from: 2024-01-01, on: yes }';
    const { content } = await readManifest(text, 'it');
    expect(content['schemas']).toEqual({ from: '2024-01-01', true: true });
  });

  it('may hold references of every form', () => {
    const { spec } = checkManifest(
      {
        ...start,
        spec: { $ref: '#/a/b', connection_specification: '#/a/c/d' },
        a: {
          b: { documentation_url: 'u', connection_specification: 1 },
          'c/d': { items: ['#/a/e/1'] },
          e: [0, 7],
        },
      },
      'it',
    );
    expect(spec).toEqual({ connectionSpecification: { items: [7] }, documentationUrl: 'u' });
  });

  it('reaches the kit in the config, with a spec that lets it, and leaves it again', () => {
    const schema = { type: 'object', additionalProperties: false, oneOf: [{ maxProperties: 1, title: 'a' }] };
    const manifest = checkManifest({ ...start, spec: '#/s', s: { connection_specification: schema } }, 'it');
    const given = { token: 't', __injected_components_py: 'import os' };
    const injected = injectManifest({ command: 'check', config: given }, manifest, undefined);
    const config = injected.command === 'spec' ? {} : injected.config;
    expect(config).toMatchObject({
      token: 't',
      __injected_declarative_manifest: {
        spec: {
          $ref: '#/s',
          type: 'Spec',
          connection_specification: { type: 'object', oneOf: [{ title: 'a' }] },
        },
      },
    });
    expect(config).not.toHaveProperty('__injected_components_py');
    const [item] = withoutInjected([
      { type: 'CONTROL', control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config } } },
    ]);
    expect(item).toMatchObject({ control: { connectorConfig: { config: { token: 't' } } } });
    expect(JSON.stringify(item)).not.toContain('__injected');
  });
});

describe('a manifest at a URL', () => {
  const manifest = JSON.stringify(start);

  it('is downloaded once, kept for only this user, and read from the copy without a network', async () => {
    const asked: (string | undefined)[] = [];
    const { url, stop } = await serving(({ headers }, response) => {
      asked.push(headers.authorization);
      response.end(manifest);
    });
    const place = {
      kind: 'url' as const,
      url: `${url.replace('//', '//me:pa%20ss@')}/source-shop/m.yaml?token=x`,
    };
    await open({ place }).prepare();
    await stop();
    await using executor = open({ place });
    expect(executor.description).toBe(`the manifest ${url}/source-shop/m.yaml, by airbyte-cdk`);
    expect(await all(executor.run({ command: 'spec' }, running()))).toMatchObject([{ type: 'SPEC' }]);
    expect(asked).toEqual([`Basic ${Buffer.from('me:pa ss').toString('base64')}`]);
    expect(readdirSync(join(folder, 'manifests'))).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}\.yaml$|^source-shop-/),
    ]);
    await executor.uninstall();
    expect(readdirSync(join(folder, 'manifests'))).toEqual([]);
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(/cannot be downloaded: connect ECONNREFUSED/),
    });
    await expect(executor.uninstall()).rejects.toMatchObject({ code: 'input_invalid' });
  });

  it('that does not answer is given up', async () => {
    const { url, stop } = await serving(() => {});
    await using executor = open({
      place: { kind: 'url', url: `${url}/m.yaml` },
      timeouts: { commandMs: 200 },
    });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'stalled',
      message: `source-shop: the manifest ${url}/m.yaml was not downloaded within 200 ms`,
    });
    await stop();
  });

  it('that drips is given up when its time is over; that it is downloaded is told', async () => {
    const { url, stop } = await serving((_, response) => {
      response.write('version: ');
      const drops = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(drops));
    });
    await using executor = open({
      place: { kind: 'url', url: `${url}/m.yaml` },
      timeouts: { commandMs: 300 },
    });
    const told: LogEntry[] = [];
    await expect(executor.prepare({ log: (entry) => told.push(entry) })).rejects.toMatchObject({
      code: 'stalled',
      message: `source-shop: the manifest ${url}/m.yaml was not downloaded within 300 ms`,
    });
    expect(told).toMatchObject([{ message: `downloading ${url}/m.yaml`, isNotice: true }]);
    await stop();
  });

  it('that is not there says so, and nothing is kept of what is no manifest', async () => {
    const { url, stop } = await serving(({ url: path }, response) => {
      if (path === '/gone') response.statusCode = 404;
      response.end('<html>');
    });
    await expect(open({ place: { kind: 'url', url: `${url}/gone` } }).prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(/cannot be downloaded: the server has none$/),
    });
    await expect(open({ place: { kind: 'url', url: `${url}/page` } }).prepare()).rejects.toMatchObject({
      code: 'input_invalid',
    });
    expect(readdirSync(folder)).toEqual([]);
    await stop();
  });

  it('is not downloaded where nothing may be installed', async () => {
    const place = { kind: 'url' as const, url: 'http://127.0.0.1:1/m.yaml' };
    await expect(open({ place, installIfMissing: false }).prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringContaining('is not here yet'),
    });
  });
});

describe('Python of a manifest’s own', () => {
  const custom = { ...start, streams: [{ type: 'CustomRetriever', class_name: 'components.Mine' }] };

  it('has to be beside it, or named', async () => {
    writeFileSync(join(folder, 'manifest.yaml'), JSON.stringify(custom));
    const place = { kind: 'path' as const, path: folder };
    await using executor = open({ place, customComponents: true });
    const check = executor.run({ command: 'check', config: {} }, running());
    await expect(all(check)).rejects.toMatchObject({
      code: 'input_invalid',
      message: 'source-shop: there is no components.py beside its manifest',
    });
  });

  it.skipIf(!havePython).each(['stored', 'deflated'])(
    'is had from the archive beside one that was downloaded (%s)',
    async (how) => {
      const python = `class Mine: pass  # ${'x'.repeat(500)}`;
      const zip = join(folder, 'components.zip');
      const code =
        'import sys, zipfile\nmethod = zipfile.ZIP_STORED if sys.argv[2] == "stored" else zipfile.ZIP_DEFLATED\n' +
        'with zipfile.ZipFile(sys.argv[1], "w", method) as file:\n    file.writestr("a/other.py", "x")\n    file.writestr("components.py", sys.argv[3])';
      execFileSync('python3', ['-c', code, zip, how, python]);
      const { url, stop } = await serving(({ url: path = '' }, response) => {
        if (path.includes('/components.zip')) response.end(readFileSync(zip));
        else response.end(JSON.stringify(custom));
      });
      const place = { kind: 'url' as const, url: `${url}/source-shop/1/manifest.yaml?token=x` };
      const fetching = { name, installRoot: folder, limitMs: 10_000 };
      await openManifest(place, fetching);
      expect(await componentsBeside(place, fetching)).toBe(python);
      await stop();
      expect(await componentsBeside(place, fetching)).toBe(python);
      await forgetManifest(place, folder);
      expect(readdirSync(join(folder, 'manifests'))).toEqual([]);
    },
  );

  it.each(['<html>', 'PK\x05\x06'])('is not had from what is no archive: %j', (text) => {
    expect(() => fileInZip(Buffer.from(text, 'latin1'), 'components.py', 'it')).toThrow(
      /^it is no ZIP archive that can be read: /,
    );
  });

  it.each([
    [{ class_name: 'a.b.Mine' }, ['a.b.Mine']],
    [{ type: 'CustomExtractor', class_name: 'Mine' }, ['Mine']],
    [{ type: 'DpathExtractor', class_name: 'a.b' }, []],
    [{ class_name: { type: 'string' } }, []],
    [{ class_name: 'economy' }, []],
  ])('is found by %j', (part, classes) => {
    expect(checkManifest({ ...start, definitions: [part] }, 'it').customClasses).toEqual(classes);
  });
});

function open(options: Pick<ManifestOptions, 'place'> & Partial<ManifestOptions>): ManifestExecutor {
  return new ManifestExecutor(name, { installRoot: folder, ...options });
}

async function serving(listener: RequestListener) {
  const server = createServer(listener);
  return { url: await listen(server), stop: () => cutServer(server) };
}
