import { z } from 'zod';
import { InputError } from '../../errors.ts';
import type { FieldPath } from '../../protocol/catalog.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import { parseOptions } from '../options.ts';
import { bringing, type Scenario } from './scenario.ts';
import { allScenarios } from './scenarios.ts';

/** A scenario of one's own: a stream and its records. */
export interface CustomScenario {
  /** The name of the scenario, and of its stream. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly json_schema: Readonly<Record<string, unknown>>;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** With a key, of records with the same one the last is to stay. */
  readonly primary_key?: string | readonly (string | FieldPath)[] | undefined;
}

/** Scenarios of one's own in the form of ours. */
export function customScenarios(given: readonly unknown[]): readonly Scenario[] {
  const taken = new Set(allScenarios.map(({ name }) => name));
  return given.map((one, index) => {
    const who = `smoke-test scenario ${index + 1} of your own`;
    const { name, description, json_schema, records, primary_key: key } = parseOptions(schema, one, who);
    if (taken.has(name)) {
      throw new InputError(`${who}: there is a scenario ${JSON.stringify(name)} already`, {
        guidance: 'Give it another name.',
        context: { scenario: name },
      });
    }
    taken.add(name);
    const keys = (typeof key === 'string' ? [key] : (key ?? [])).map((field) =>
      typeof field === 'string' ? [field] : field,
    );
    const stream = {
      name,
      schema: json_schema,
      syncs: [bringing(...records.map(stringifyLossless))],
      ...(keys.length === 0 ? {} : { primaryKey: keys }),
    };
    return {
      name,
      about: description ?? 'your own',
      streams: [stream],
      ...(keys.length === 0 ? {} : { write: 'merge' as const }),
    };
  });
}

const field = z.union([z.string(), z.array(z.string()).min(1)]);
const anObject = z.record(z.string(), z.unknown());
const schema = z.strictObject({
  name: z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }),
  description: z.string().optional(),
  json_schema: anObject,
  // Not copied, so that numbers stay spelled as they were.
  records: z.array(
    z.custom<object>((value) => anObject.safeParse(value).success, { error: 'must be objects' }),
  ),
  primary_key: z.union([z.string(), z.array(field)]).optional(),
});
