import { InputError } from '../errors.ts';
import { type FieldPath, type Stream, streamLabel } from './catalog.ts';
import { isJsonObject } from './json-object.ts';
import { didYouMean } from './nearest.ts';

/** Refuses a field that a stream's schema does not have. A schema, or a part of one, that declares no properties allows all. */
export function checkField(stream: Stream, path: FieldPath, role: 'cursor' | 'primary key'): void {
  let schema: unknown = stream.json_schema;
  for (const [depth, field] of path.entries()) {
    const properties = propertiesOf(schema);
    if (properties === undefined) return;
    if (!Object.hasOwn(properties, field))
      throw fieldUnknown(stream, path.slice(0, depth + 1), role, properties);
    schema = properties[field];
  }
}

function fieldUnknown(
  stream: Stream,
  path: FieldPath,
  role: string,
  properties: Readonly<Record<string, unknown>>,
): InputError {
  const names = Object.keys(properties);
  const hint = didYouMean(path.at(-1) ?? '', names);
  const field = path.join('.');
  return new InputError(
    `stream ${streamLabel(stream)} has no field "${field}" for its ${role}${hint === undefined ? '' : `; ${hint}`}`,
    {
      guidance: `${path.length > 1 ? `Fields of ${path.slice(0, -1).join('.')}` : 'Its fields'}: ${names.join(', ')}.`,
      context: { stream: streamLabel(stream), field },
    },
  );
}

/** All properties that an object of this schema may have, through `allOf`, `anyOf` and `oneOf`; undefined where it declares none. */
function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isJsonObject(schema) || schema['$ref'] !== undefined) return undefined;
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => {
    const branches = schema[word];
    return Array.isArray(branches) ? branches.map(propertiesOf) : [];
  });
  const own = isJsonObject(schema['properties']) ? schema['properties'] : undefined;
  const declared = [own, ...parts].filter((one) => one !== undefined);
  return declared.length === 0 ? undefined : Object.assign({}, ...declared);
}
