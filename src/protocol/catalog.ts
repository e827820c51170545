import { z } from 'zod';

/** The identity of a stream: the pair of its namespace and its name. A missing namespace and null are the same; `""` is not. */
export const streamDescriptorSchema = z.looseObject({ name: z.string(), namespace: z.string().nullish() });
export type StreamDescriptor = { readonly name: string; readonly namespace?: string | null | undefined };

/** A stream's identity as a map's key: JSON of `[namespace ?? null, name]`. */
export type StreamKey = string & { readonly brand: 'StreamKey' };

export function streamKey({ name, namespace }: StreamDescriptor): StreamKey {
  return JSON.stringify([namespace ?? null, name]) as StreamKey;
}

/** The descriptor that a key was made from. */
export function streamOfKey(key: StreamKey): { readonly name: string; readonly namespace: string | null } {
  const [namespace, name] = z.tuple([z.string().nullable(), z.string()]).parse(JSON.parse(key));
  return { name, namespace };
}

/** How a stream is written for people and in results: `users`, `crm.users` with a namespace, dots in a part escaped as `\.`. */
export function streamLabel({ name, namespace }: StreamDescriptor): string {
  const parts = namespace === undefined || namespace === null ? [name] : [namespace, name];
  return parts.map((part) => part.replaceAll('\\', '\\\\').replaceAll('.', '\\.')).join('.');
}

export const syncModes = ['full_refresh', 'incremental'] as const;
export type SyncMode = (typeof syncModes)[number];

export const destinationSyncModes = ['append', 'overwrite', 'append_dedup', 'update', 'soft_delete'] as const;
export type DestinationSyncMode = (typeof destinationSyncModes)[number];

/** A path to a field: `["address", "city"]`. */
export type FieldPath = readonly string[];

/** A field as people name it: a column at the top level, or the path of a nested one. */
export type FieldName = string | readonly string[];

/** The path that a field's name means. */
export function fieldPath(field: FieldName): FieldPath {
  return typeof field === 'string' ? [field] : field;
}

const streamSchema = z.looseObject({
  name: z.string(),
  json_schema: z.record(z.string(), z.unknown()),
  supported_sync_modes: z.array(z.string()).nullish(),
  source_defined_cursor: z.boolean().nullish(),
  default_cursor_field: z.array(z.string()).nullish(),
  source_defined_primary_key: z.array(z.array(z.string())).nullish(),
  namespace: z.string().nullish(),
  is_resumable: z.boolean().nullish(),
  is_file_based: z.boolean().nullish(),
});
/** One stream that a source has, as `discover` tells it. */
export type Stream = z.infer<typeof streamSchema>;

export const catalogSchema = z.looseObject({ streams: z.array(streamSchema) });
/** What a source has. */
export type Catalog = z.infer<typeof catalogSchema>;

/** One stream as it is to be read and written: the `--catalog` file holds these. */
export interface ConfiguredStream {
  readonly stream: Stream;
  readonly sync_mode: SyncMode;
  readonly destination_sync_mode: DestinationSyncMode;
  readonly cursor_field?: FieldPath;
  readonly primary_key?: readonly FieldPath[];
  readonly generation_id?: number;
  readonly minimum_generation_id?: number;
  readonly sync_id?: number;
  readonly [unknown: string]: unknown;
}

/** The streams of one run, each with how it is read and written. */
export interface ConfiguredCatalog {
  readonly streams: readonly ConfiguredStream[];
}

export const destinationCatalogSchema = z.looseObject({
  operations: z.array(
    z.looseObject({
      object_name: z.string(),
      sync_mode: z.string(),
      json_schema: z.record(z.string(), z.unknown()),
      matching_keys: z.array(z.array(z.string())).nullish(),
    }),
  ),
});
