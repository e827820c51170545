import { InputError } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json-object.ts';

/**
 * A part of a manifest with its references put in: `$ref: "#/definitions/x"`, beside which fields may stand that go
 * before those of `x`, and texts that are references themselves.
 */
export function resolveReferences(
  part: unknown,
  manifest: JsonObject,
  what: string,
  under: readonly string[] = [],
): unknown {
  if (typeof part === 'string' && part.startsWith('#/')) {
    if (under.includes(part)) {
      throw new InputError(`${what}: the reference ${part} leads back to itself`);
    }
    const target = lookUp(part.slice(2), manifest);
    if (target === undefined) {
      throw new InputError(`${what}: there is nothing at ${part}, to which it refers`);
    }
    return resolveReferences(target, manifest, what, [...under, part]);
  }
  if (Array.isArray(part)) return part.map((item) => resolveReferences(item, manifest, what, under));
  if (!isJsonObject(part)) return part;
  const { $ref: reference, ...own } = part;
  const fields = Object.fromEntries(
    Object.entries(own).map(([key, value]) => [key, resolveReferences(value, manifest, what, under)]),
  );
  if (reference === undefined) return fields;
  const referred = resolveReferences(reference, manifest, what, under);
  return isJsonObject(referred) ? { ...referred, ...fields } : referred;
}

/** A key may hold slashes itself: the longest that is there is taken. */
function lookUp(path: string, node: unknown): unknown {
  if (Array.isArray(node)) {
    const [, index = '', , rest] = /^(\d+)(\/(.*))?$/.exec(path) ?? [];
    return rest === undefined ? node[Number(index)] : lookUp(rest, node[Number(index)]);
  }
  if (!isJsonObject(node)) return undefined;
  if (Object.hasOwn(node, path)) return node[path];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const key = path.slice(0, end);
    const found = Object.hasOwn(node, key) ? lookUp(path.slice(end + 1), node[key]) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
