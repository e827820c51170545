import { z } from 'zod';
import { catalogSchema, destinationCatalogSchema, streamDescriptorSchema } from './catalog.ts';
import { specificationSchema } from './spec.ts';
import { holdsItsKind, stateSchema } from './state.ts';

/**
 * The messages of the Airbyte protocol 0.18, as they are on the wire. Every shape allows unknown fields and keeps
 * them. RECORD has no schema: records are recognised from bytes (lines.ts) and never validated one by one.
 */

export const logLevels = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type LogLevel = (typeof logLevels)[number];

const logSchema = z.looseObject({
  type: z.literal('LOG'),
  log: z.looseObject({
    level: z.enum(logLevels),
    message: z.string(),
    stack_trace: z.string().nullish(),
  }),
});
export type LogMessage = z.infer<typeof logSchema>;

const traceErrorSchema = z.looseObject({
  message: z.string(),
  internal_message: z.string().nullish(),
  stack_trace: z.string().nullish(),
  failure_type: z.string().nullish(),
  stream_descriptor: streamDescriptorSchema.nullish(),
});
export type TraceError = z.infer<typeof traceErrorSchema>;

const streamStatuses = ['STARTED', 'RUNNING', 'COMPLETE', 'INCOMPLETE'] as const;
export type StreamStatus = (typeof streamStatuses)[number];

const traceSchema = z.looseObject({
  type: z.literal('TRACE'),
  trace: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('ERROR'), emitted_at: z.unknown().optional(), error: traceErrorSchema }),
    z.looseObject({
      type: z.literal('ESTIMATE'),
      emitted_at: z.unknown().optional(),
      estimate: z.looseObject({
        name: z.string(),
        type: z.enum(['STREAM', 'SYNC']),
        namespace: z.string().nullish(),
        row_estimate: z.coerce.number().nullish(),
        byte_estimate: z.coerce.number().nullish(),
      }),
    }),
    z.looseObject({
      type: z.literal('STREAM_STATUS'),
      emitted_at: z.unknown().optional(),
      stream_status: z.looseObject({
        stream_descriptor: streamDescriptorSchema,
        status: z.enum(streamStatuses),
        reasons: z.unknown().optional(),
      }),
    }),
    z.looseObject({
      type: z.literal('ANALYTICS'),
      emitted_at: z.unknown().optional(),
      analytics: z.looseObject({ type: z.string(), value: z.unknown().optional() }).nullish(),
    }),
  ]),
});
export type TraceMessage = z.infer<typeof traceSchema>;

const controlSchema = z.looseObject({
  type: z.literal('CONTROL'),
  control: z.looseObject({
    type: z.literal('CONNECTOR_CONFIG'),
    emitted_at: z.unknown().optional(),
    connectorConfig: z.looseObject({ config: z.record(z.string(), z.unknown()) }),
  }),
});
export type ControlMessage = z.infer<typeof controlSchema>;

const specMessageSchema = z.looseObject({ type: z.literal('SPEC'), spec: specificationSchema });
export type SpecMessage = z.infer<typeof specMessageSchema>;

const connectionStatusSchema = z.looseObject({
  type: z.literal('CONNECTION_STATUS'),
  connectionStatus: z.looseObject({ status: z.enum(['SUCCEEDED', 'FAILED']), message: z.string().nullish() }),
});
export type ConnectionStatusMessage = z.infer<typeof connectionStatusSchema>;
export type ConnectionStatus = ConnectionStatusMessage['connectionStatus'];

const catalogMessageSchema = z.looseObject({ type: z.literal('CATALOG'), catalog: catalogSchema });
export type CatalogMessage = z.infer<typeof catalogMessageSchema>;

const destinationCatalogMessageSchema = z.looseObject({
  type: z.literal('DESTINATION_CATALOG'),
  destination_catalog: destinationCatalogSchema,
});
export type DestinationCatalogMessage = z.infer<typeof destinationCatalogMessageSchema>;

const stateMessageSchema = z.looseObject({
  type: z.literal('STATE'),
  state: stateSchema.refine(holdsItsKind, { error: 'it does not hold what its type says' }),
});

/** A STATE with, where it came from a process, the line as it came (without its line ending). */
export type StateMessage = z.infer<typeof stateMessageSchema> & { readonly line?: Uint8Array };

/** Every message but RECORD. */
export type Message =
  | LogMessage
  | TraceMessage
  | ControlMessage
  | SpecMessage
  | ConnectionStatusMessage
  | CatalogMessage
  | DestinationCatalogMessage
  | StateMessage;

/** The schema of every message but RECORD, by its `type`. */
export const messageSchemas = {
  LOG: logSchema,
  TRACE: traceSchema,
  CONTROL: controlSchema,
  SPEC: specMessageSchema,
  CONNECTION_STATUS: connectionStatusSchema,
  CATALOG: catalogMessageSchema,
  DESTINATION_CATALOG: destinationCatalogMessageSchema,
  STATE: stateMessageSchema,
} as const;

/** One RECORD, parsed. `data` keeps every digit (see lossless-json.ts). */
export interface RecordMessage {
  readonly type: 'RECORD';
  readonly record: {
    readonly stream: string;
    readonly namespace?: string | null;
    readonly data: Row;
    readonly emitted_at: number;
    readonly [unknown: string]: unknown;
  };
}

/** One row as JavaScript: numbers where nothing is lost, bigint for larger integers, LosslessNumber for the rest. */
export type Row = Readonly<Record<string, unknown>>;
