import { expect, it } from 'vitest';
import { isFor, platformOf } from '../../src/executors/docker/platform.ts';

const arm = (Architecture: string, Variant?: string) => ({ Os: 'linux', Architecture, Variant });

it.each([
  ['linux/arm64', arm('arm64'), true],
  ['linux/arm64', arm('arm64', 'v8'), true],
  ['linux/arm64/v8', arm('arm64'), true],
  ['arm64', arm('arm64', 'v8'), true],
  ['Linux/aarch64', arm('arm64'), true],
  ['linux', arm('arm64'), true],
  ['linux/x86_64', arm('amd64'), true],
  ['linux/arm/v7', arm('arm', 'v7'), true],
  ['linux/arm/v7', arm('arm', 'v6'), true],
  ['linux/arm/v6', arm('arm', 'v7'), false],
  ['linux/arm64', arm('amd64'), false],
  ['linux/arm64', arm('arm', 'v7'), false],
  ['windows', arm('amd64'), false],
  ['windows/amd64', arm('amd64'), false],
])('of what is asked for as %s, the image %j is one: %s', (platform, image, isOne) => {
  expect(isFor(platform, image)).toBe(isOne);
});

it('the platform of an image is written as it is asked for', () => {
  expect(platformOf(arm('arm', 'v7'))).toBe('linux/arm/v7');
  expect(platformOf(arm('amd64'))).toBe('linux/amd64');
});
