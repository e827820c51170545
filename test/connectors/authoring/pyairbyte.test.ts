import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { buildImage } from '../../../src/connectors/authoring/build-image.ts';
import { fixture } from '../../executors/running.ts';
import { hasDocker, testRun, withDocker } from '../../fixtures/docker/engine.ts';
import { nodeImage, nodeInside } from '../../fixtures/docker/images.ts';
import { installPyAirbyte } from '../../fixtures/pyairbyte.ts';

const orders = [1, 2, 3].map((id) => ({ id, text: 'from TypeScript' }));
const main = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'main.js');

describe('PyAirbyte', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyairbyte-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that serves an export of the fixture. */
  const served = (name: string) => {
    const path = join(folder, name);
    const command = `exec '${process.execPath}' '${main}' serve '${fixture('orders.ts')}#${name}' "$@"`;
    writeFileSync(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    return path;
  };

  const write = async (context: TestContext, source: string, destination: string) => {
    const python = await installPyAirbyte();
    if ('reason' in python) return context.skip(python.reason);
    await promisify(execFile)(python.path, [fixture('pyairbyte-write.py'), folder, source, destination], {
      cwd: folder,
      env: {
        ...process.env,
        AIRBYTE_OFFLINE_MODE: '1',
        DO_NOT_TRACK: '1',
        AIRBYTE_PROJECT_DIR: folder,
        AIRBYTE_LOGGING_ROOT: join(folder, 'logs'),
      },
    });
    const rows = readFileSync(join(folder, 'orders.jsonl'), 'utf8').trim().split('\n');
    return rows.map((row): unknown => JSON.parse(row));
  };

  it('writes a source in TypeScript to a destination in TypeScript, both served as programs', async (context) => {
    const rows = await write(context, served('orders'), served('lines'));
    expect(rows).toMatchObject(orders);
  }, 600_000);

  it.skipIf(!hasDocker)(
    `writes a source in TypeScript that is an image (${withDocker})`,
    async (context) => {
      const base = await nodeImage({ entrypoint: [nodeInside], hasShell: true });
      const tag = `sluice-test/orders:${testRun}`;
      const { image } = await buildImage(`${fixture('orders.ts')}#orders`, { tag, base });
      expect(await write(context, `docker:${image}`, served('lines'))).toMatchObject(orders);
    },
    600_000,
  );
});
