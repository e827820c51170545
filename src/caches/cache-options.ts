import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { InputError, storageFailure } from '../errors.ts';
import { homeFolder, openHomeFolder } from '../home.ts';
import { didYouMean } from '../protocol/nearest.ts';
import type { TimeCodec } from '../sql/time-codec.ts';
import { isTimeCodec } from './decode-times.ts';
import { defaultFlushPolicy, type FlushPolicy } from './load-flow.ts';
import { type Retention, retentions } from './retention.ts';

/** What every cache can be told, whatever its engine. */
export interface CacheOptions {
  /** What the names of the tables begin with, so that two sources with like streams can share a database. */
  readonly tablePrefix?: string | undefined;
  /** Where records wait in files until they are loaded. Default: the system's folder for temporary files. */
  readonly cacheDir?: string | undefined;
  /** `false` leaves the files of records where they are once they are loaded. Default: true. */
  readonly cleanup?: boolean | undefined;
  /** How much may wait before it is committed with its states. Default: 256 MB, or 10 seconds. */
  readonly flush?: { readonly bytes?: number | undefined; readonly ms?: number | undefined } | undefined;
  /**
   * What is kept of rows that were sent on to destinations: `all`, or only what is `unconfirmed` by one of those that
   * have taken the stream. Not for streams that are merged. Default: `all`.
   */
  readonly retention?: Retention | undefined;
  /**
   * How dates and times come back in rows: `string`, ISO texts; `date`, dates and timestamps as a `Date`, in whole
   * milliseconds; or what a function makes of each text. Files always have the texts. Default: `string`.
   */
  readonly times?: TimeCodec | undefined;
  /** `true` gives datasets also of tables that Sluice did not make. Default: false. */
  readonly otherTables?: boolean | undefined;
}

const positive = z.number({ error: 'must be a number' }).positive({ error: 'must be above 0' });

/** The schemas of options that several caches have. */
export const optionSchemas = {
  name: z.string({ error: 'must be a name' }).min(1, { error: 'must be a name' }).optional(),
  path: z.string({ error: 'must be a path, or ":memory:"' }).min(1, { error: 'must be a path' }),
  flag: z.boolean({ error: 'must be true or false' }).optional(),
  timeout: z.number({ error: 'must be a number of milliseconds' }).nonnegative().optional(),
};

/** The schemas of what every cache can be told. */
export const cacheOptionSchemas = {
  tablePrefix: z.string({ error: 'must be a name' }).optional(),
  cacheDir: z.string({ error: 'must be a folder' }).optional(),
  cleanup: optionSchemas.flag,
  flush: z
    .strictObject({ bytes: positive.optional(), ms: positive.optional() }, { error: 'must be { bytes, ms }' })
    .optional(),
  retention: z.enum(retentions, { error: `must be one of ${retentions.join(', ')}` }).optional(),
  times: z.custom<TimeCodec>(isTimeCodec, { error: 'must be "string", "date" or a function' }).optional(),
  otherTables: optionSchemas.flag,
};

/** The options of a cache, or an error that names every fault in them. */
export function checkCacheOptions<T extends z.ZodObject>(
  cache: string,
  schema: T,
  options: unknown,
): z.infer<T> {
  const { success, data, error } = schema.safeParse(options);
  if (success) return data;
  const faults = error.issues.flatMap((issue) => faultsIn(issue, Object.keys(schema.shape)));
  throw new InputError(`${cache}: ${faults.join('; ')}`, {
    guidance: `It takes { ${Object.keys(schema.shape).join(', ')} }.`,
    cause: error,
  });
}

function faultsIn(issue: z.core.$ZodIssue, known: readonly string[]): readonly string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const hint = at === '' ? didYouMean(key, known) : undefined;
      return `unknown option "${at === '' ? key : `${at}.${key}`}"${hint === undefined ? '' : `, ${hint}`}`;
    });
  }
  return [at === '' ? 'it takes an object of options' : `${at} ${issue.message}`];
}

/** What every cache can be told, as it was: where files of records wait, how many, what is kept, how rows are read. */
export function generalOptions({
  cacheDir,
  cleanup,
  flush,
  retention,
  times,
  otherTables,
}: CacheOptions): Pick<CacheOptions, 'times' | 'otherTables'> & {
  readonly retention: Retention | undefined;
  readonly cleanup: boolean | undefined;
  readonly policy: FlushPolicy;
  readonly filesIn: (() => Promise<string>) | undefined;
} {
  return {
    times,
    otherTables,
    retention,
    cleanup,
    policy: { bytes: flush?.bytes ?? defaultFlushPolicy.bytes, ms: flush?.ms ?? defaultFlushPolicy.ms },
    filesIn: cacheDir === undefined ? undefined : () => makeFolder(resolve(cacheDir)),
  };
}

/** Makes a folder that only its owner can look into. */
export async function makeFolder(folder: string): Promise<string> {
  try {
    // The project's own folder keeps itself out of version control.
    if (folder === join(homeFolder(), 'caches')) return await openHomeFolder('caches');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    throw storageFailure(error, `cannot make the folder ${folder}`);
  }
}
