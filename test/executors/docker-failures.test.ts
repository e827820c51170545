import { expect, it } from 'vitest';
import { cannotBeStarted, dockerFailure } from '../../src/executors/docker/failures.ts';

const circumstances = {
  name: 'source-x',
  image: 'airbyte/source-x:1',
  endpoint: { url: new URL('unix:///var/run/docker.sock'), from: 'DOCKER_HOST' },
  what: cannotBeStarted,
};

// As Docker 28 and Podman 4.3 say it.
it.each([
  [
    'write /var/lib/docker/tmp/layer: no space left on device',
    'the disk of the engine is full',
    /docker system df/,
  ],
  [
    'container create: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory',
    'the engine has no program that ends what a container leaves behind',
    /catatonit/,
  ],
  ['No such image: airbyte/source-x:1', 'there is no such image', /Check its name and tag/],
])('an engine that says "%s" has it told as: %s', (said, text, guidance) => {
  const error = dockerFailure(new Error(`(HTTP code 500) server error - ${said}`), circumstances);
  expect(error.message).toBe(`source-x: the image airbyte/source-x:1 cannot be started: ${text}`);
  expect(error.guidance).toMatch(guidance);
});
