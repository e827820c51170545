import { z } from 'zod';

/** What a connector says of itself: above all the JSON Schema of its config. Unknown keys are kept. */
export const specificationSchema = z.looseObject({
  connectionSpecification: z.record(z.string(), z.unknown()),
  documentationUrl: z.string().nullish(),
  changelogUrl: z.string().nullish(),
  supportsIncremental: z.boolean().nullish(),
  supported_destination_sync_modes: z.array(z.string()).nullish(),
  protocol_version: z.string().nullish(),
});
export type ConnectorSpecification = z.infer<typeof specificationSchema>;

/** A connector's config: any JSON object. */
export type Config = Readonly<Record<string, unknown>>;
