import type { ConnectorProgram } from '../protocol/flow.ts';

/** The connectors that run in this process, by name. Each is loaded when it is first used. */
export const builtIn: Readonly<Record<string, () => Promise<ConnectorProgram>>> = {
  'source-faker': async () => (await import('./sources/faker.ts')).sourceFaker,
  'source-benchmark': async () => (await import('./sources/benchmark.ts')).sourceBenchmark,
  'source-smoke-test': async () => (await import('./sources/smoke-test.ts')).sourceSmokeTest,
  'destination-dev-null': async () => (await import('./destinations/dev-null.ts')).destinationDevNull,
  'destination-jsonl': async () => (await import('./destinations/jsonl.ts')).destinationJsonl,
};

/** How to load the built-in connector of a name, if there is one. */
export function builtInOf(name: string): (() => Promise<ConnectorProgram>) | undefined {
  return Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
}
