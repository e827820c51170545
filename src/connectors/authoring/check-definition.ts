import { z } from 'zod';
import { destinationSyncModes } from '../../protocol/catalog.ts';
import { parseOptions } from '../options.ts';

/** Refuses what was given to defineSource. Streams that are found out later are checked when they are known. */
export function checkSourceDefinition(definition: unknown): void {
  parseOptions(sourceSchema, definition, `defineSource${nameIn(definition)}`);
  const streams: unknown = Reflect.get(Object(definition), 'streams');
  if (Array.isArray(streams)) for (const stream of streams) checkStream(nameIn(definition), stream);
}

/** Refuses a stream's definition that is not right. */
export function checkStream(source: string, stream: unknown): void {
  parseOptions(
    streamSchema,
    stream,
    `${source === '' ? 'a source' : source.trim()}: stream${nameIn(stream)}`,
  );
}

/** Refuses what was given to defineDestination. */
export function checkDestinationDefinition(definition: unknown, write: unknown): void {
  const who = `defineDestination${nameIn(definition)}`;
  parseOptions(destinationSchema, definition, who);
  parseOptions(z.strictObject({ write: aFunction }), { write }, who);
}

/** Refuses the options of records. */
export function checkRecordsOptions(name: string, options: unknown): void {
  parseOptions(recordsSchema, options, `records "${name}"`);
}

function nameIn(definition: unknown): string {
  const name: unknown = Reflect.get(Object(definition), 'name');
  return typeof name === 'string' ? ` "${name}"` : '';
}

const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' });
const flag = z.boolean({ error: 'must be true or false' });
const schema = z.record(z.string(), z.unknown(), { error: 'must be a JSON Schema' });
const aFunction = z.custom<unknown>((value) => typeof value === 'function', { error: 'must be a function' });
const field = z.union([z.string(), z.array(z.string())], { error: 'must be a field, or the path of one' });
const key = z.union([z.string(), z.array(field)], { error: 'must be a field, or a list of fields' });

const sourceSchema = z.strictObject({
  name: text,
  version: text.optional(),
  config: schema.optional(),
  check: aFunction.optional(),
  streams: z.custom<unknown>((value) => Array.isArray(value) || typeof value === 'function', {
    error: 'must be a list of streams, or a function that gives one',
  }),
});

const streamSchema = z.strictObject({
  name: text,
  namespace: text.optional(),
  schema: schema.optional(),
  primaryKey: key.optional(),
  cursor: field.optional(),
  isOrdered: flag.optional(),
  hasCheckpoints: flag.optional(),
  read: aFunction,
});

const destinationSchema = z.strictObject({
  name: text,
  version: text.optional(),
  config: schema.optional(),
  check: aFunction.optional(),
  onComplete: aFunction.optional(),
  readBack: aFunction.optional(),
  batchSize: z
    .custom<unknown>((value) => value === Infinity || (Number.isSafeInteger(value) && Number(value) > 0), {
      error: 'must be a whole number greater than 0',
    })
    .optional(),
  syncModes: z
    .array(z.enum(destinationSyncModes), { error: `must be a list of ${destinationSyncModes.join(', ')}` })
    .optional(),
});

const recordsSchema = z.strictObject({
  schema: schema.optional(),
  primaryKey: key.optional(),
  cursor: text.optional(),
});
