import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildImage, getDestination, getSource } from '../../src/index.ts';
import { fixture } from '../executors/running.ts';
import { hasDocker, testRun, withDocker } from '../fixtures/docker/engine.ts';
import { nodeImage, nodeInside } from '../fixtures/docker/images.ts';
import { servingImage } from '../fixtures/docker/sluice-image.ts';
import { runningServer } from '../postgres/engine.ts';

describe.skipIf(!hasDocker)(`two containers, ${withDocker}`, () => {
  const server = runningServer({ tcp: true });
  const home = mkdtempSync(join(tmpdir(), 'containers-postgres-'));
  const tag = `sluice-test/to-postgres:${testRun}`;
  beforeAll(async () => {
    vi.stubEnv('SLUICE_DIR', home);
    const base = await nodeImage({ entrypoint: [nodeInside], hasShell: true });
    await buildImage(`${fixture('to-postgres.ts')}#toPostgres`, { tag, base });
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  const config = () => ({ host: '127.0.0.1', port: server().port });
  const faker = async () =>
    getSource(
      'source-faker',
      { count: 300, seed: 7, always_updated: false },
      { dockerImage: await servingImage('source-faker', { hasShell: true }) },
    ).selectStreams(['users']);

  it('deliver to PostgreSQL on loopback, the destination being on the network of the host', async () => {
    await using source = await faker();
    await using destination = getDestination('destination-to-postgres', config(), {
      dockerImage: tag,
      useHostNetwork: true,
    });
    const { records } = await destination.write(source, { writeStrategy: 'append' });
    expect(records).toMatchObject({ read: 300, confirmed: 300 });
    const [held] = await server().query(
      `SELECT count(*)::int AS rows, count(DISTINCT row->>'id')::int AS ids FROM users`,
    );
    expect(held).toEqual({ rows: 300, ids: 300 });
    expect((await destination.write(source, { writeStrategy: 'append' })).records.read).toBe(0);
  }, 180_000);

  it('say why they cannot, where the destination has a network of its own', async () => {
    await using source = await faker();
    await using destination = getDestination('destination-to-postgres', config(), { dockerImage: tag });
    await expect(destination.write(source, { stateCache: false })).rejects.toThrow(
      /^destination-to-postgres: .*ECONNREFUSED 127\.0\.0\.1/,
    );
  }, 180_000);
});
