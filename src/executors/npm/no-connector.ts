import { z } from 'zod';
import { ConnectorFailedError, InputError } from '../../errors.ts';

/** What the program that serves the connector in a package exits with where the package has none. */
export const noConnectorExit = 69;

/** What such a program has said of its package, as the refusal that it is; undefined for any other failure. */
export function refusalIn(error: unknown): InputError | undefined {
  if (!(error instanceof ConnectorFailedError)) return undefined;
  const said = endingSchema.safeParse(error.context).data;
  if (said === undefined) return undefined;
  const { connector, traceErrors } = said;
  return new InputError(traceErrors[0].message.replace(/\.$/, ''), { context: { connector }, cause: error });
}

const endingSchema = z.looseObject({
  connector: z.string(),
  exitCode: z.literal(noConnectorExit),
  traceErrors: z.tuple([z.looseObject({ message: z.string() })], z.unknown()),
});
