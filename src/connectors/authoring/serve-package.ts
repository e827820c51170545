// A program that serves the connector in an npm package, in a process of its own; the library starts it.
import { Console } from 'node:console';
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import { noConnectorExit } from '../../executors/npm/no-connector.ts';
import { loadPackage } from './load-package.ts';
import { serve } from './serve.ts';

// What the package prints while it is loaded is no message either.
globalThis.console = new Console(process.stderr);

const packaged = z.object({
  name: z.string(),
  kind: z.enum(['source', 'destination']),
  entry: z.string(),
  exported: z.string().optional(),
});
const [which = '', ...args] = process.argv.slice(2);
let hasNone = false;
const load = () =>
  loadPackage(packaged.parse(JSON.parse(which))).catch((error: unknown) => {
    hasNone = error instanceof InputError;
    throw error;
  });
const exitCode = await serve(load, { args });
process.exit(hasNone ? noConnectorExit : exitCode);
