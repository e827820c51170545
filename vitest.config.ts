import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/fixtures/docker/global-setup.ts'],
    exclude: ['test/fixtures/**', 'node_modules/**'],
    // Two at a time, also on two cores: most tests wait for processes.
    maxWorkers: 2,
    // Only a test that brings a registry of its own asks one.
    env: { SLUICE_REGISTRY: '0' },
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
