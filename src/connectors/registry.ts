import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { messageOf, SluiceError } from '../errors.ts';

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
const registrySchema = z.strictObject({ connectors: z.array(entrySchema) });

/** One connector that Sluice knows by name, with the ways to run it. */
export type RegistryEntry = z.infer<typeof entrySchema>;

/** The connectors that Sluice knows by name. */
export function readRegistry(file: URL = registryFile): readonly RegistryEntry[] {
  try {
    return registrySchema.parse(JSON.parse(readFileSync(file, 'utf8'))).connectors;
  } catch (cause) {
    throw new SluiceError(`the registry of connectors cannot be read: ${messageOf(cause)}`, {
      guidance: 'It is part of the package: install Sluice again.',
      context: { file: fileURLToPath(file) },
      cause,
    });
  }
}

/** Two levels up both from `src/connectors` and from `dist/connectors`. */
const registryFile = new URL('../../registry/connectors.json', import.meta.url);
