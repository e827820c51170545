import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { loadClient } from '../../src/executors/docker/client.ts';

describe('the client of Docker', () => {
  const require = createRequire(import.meta.url);
  const loaded = (library: string) =>
    Object.keys(require.cache).some((path) => path.includes(`/node_modules/${library}/`));

  it('is loaded without what is not used of it, which whoever uses it still gets', async () => {
    const Client = await loadClient();
    expect(new Client({ host: 'localhost' }).getContainer('x').id).toBe('x');
    expect([loaded('docker-modem'), loaded('@grpc/grpc-js'), loaded('ssh2')]).toEqual([true, false, false]);

    const dockerode = createRequire(require.resolve('dockerode'));
    const agent = dockerode('docker-modem/lib/ssh')({ host: '127.0.0.1', port: 9, username: 'nobody' });
    expect(agent.createConnection).toBeTypeOf('function');
    expect(loaded('ssh2')).toBe(true);
    const client = new Client({ socketPath: '/nowhere' });
    const answer = new Promise((resolve) => dockerode('./session')(client, undefined, resolve));
    expect(await answer).toMatchObject({ code: 'ENOENT' });
    expect(loaded('@grpc/grpc-js')).toBe(true);
  });
});
