import type { ErrorObject } from 'ajv';
import { isSchema, type Schema, usablePattern } from './config-schema.ts';

/** All errors of a value by a schema. Definitions that a part of a schema refers to are looked up in `root`. */
export type Judge = (schema: Schema, value: unknown, root?: Schema) => readonly ErrorObject[];

/** Opens ajv, leniently: specs hold keywords of their own, and are not always right. */
export async function openJudge({ formats }: { readonly formats: 'checked' | 'ignored' }): Promise<Judge> {
  const [{ Ajv }, formatPlugin] = await Promise.all([import('ajv'), import('ajv-formats')]);
  const regExp = Object.assign((pattern: string) => usablePattern(pattern) ?? /^/, { code: 'new RegExp' });
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    code: { regExp },
  });
  if (formats === 'checked') formatPlugin.default.default(ajv);
  return (schema, value, root = {}) => {
    const definitions = Object.fromEntries(
      ['definitions', '$defs'].filter((word) => isSchema(root[word])).map((word) => [word, root[word]]),
    );
    const validate = ajv.compile({ ...definitions, ...schema });
    return validate(value) ? [] : (validate.errors ?? []);
  };
}
