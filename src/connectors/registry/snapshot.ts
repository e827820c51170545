import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { messageOf, SluiceError } from '../../errors.ts';
import { specificationSchema } from '../../protocol/spec.ts';
import type { ConnectorMetadata } from './metadata.ts';

const runSchema = z.discriminatedUnion('way', [
  z.strictObject({ way: z.literal('built in') }),
  z.strictObject({
    way: z.literal('python'),
    package: z.string(),
    /** Which version was really run, when, and which commands it answered. */
    verified: z.strictObject({
      version: z.string(),
      on: z.iso.date(),
      answered: z.array(z.string()).nonempty(),
    }),
  }),
]);

const entrySchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['source', 'destination']),
  title: z.string(),
  /** Ways to run it, the preferred one first. */
  runs: z.array(runSchema).nonempty(),
});
const snapshotSchema = z.strictObject({ connectors: z.array(entrySchema) });

/** The registry that comes with Sluice: what is built in, and what was run by its makers, with the evidence. */
export function readSnapshot(folder: URL = ownFolder): readonly ConnectorMetadata[] {
  const file = new URL('connectors.json', folder);
  try {
    const { connectors } = snapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return connectors.map(({ runs, ...connector }) => ({
      ...connector,
      ways: runs,
      language: runs.some(({ way }) => way === 'built in') ? 'typescript' : undefined,
      versions: [],
      breakingChanges: [],
      suggestedStreams: [],
    }));
  } catch (cause) {
    throw new SluiceError(`the registry of connectors cannot be read: ${messageOf(cause)}`, {
      guidance: 'It is part of the package: install Sluice again.',
      context: { file: fileURLToPath(file) },
      cause,
    });
  }
}

/** The spec of a connector that is built in, as it lies beside the snapshot. */
export function builtInSpec(name: string, folder: URL = ownFolder) {
  try {
    return specificationSchema.parse(JSON.parse(readFileSync(new URL(`specs/${name}.json`, folder), 'utf8')));
  } catch {
    // Only what is built in has one there.
    return undefined;
  }
}

/** Three levels up both from `src/connectors/registry` and from `dist/connectors/registry`. */
const ownFolder = new URL('../../../registry/', import.meta.url);
