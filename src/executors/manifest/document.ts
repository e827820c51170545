import { InputError, messageOf } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json-object.ts';
import type { ConnectorSpecification } from '../../protocol/spec.ts';
import { resolveReferences } from './references.ts';

/** A declarative manifest that was read and found right as far as that can be told without its kit. */
export interface Manifest {
  readonly content: JsonObject;
  /** The version of airbyte-cdk that it was written for. */
  readonly version: string;
  /** What it says of its config; any config where it says nothing. */
  readonly spec: ConnectorSpecification;
  /** Python classes of its own that it names. */
  readonly customClasses: readonly string[];
}

/** Reads a manifest from YAML or JSON. `what` says for people which one it is. Throws InputError. */
export async function readManifest(text: string, what: string): Promise<Manifest> {
  const { parseDocument } = await import('yaml');
  // Airbyte's own reader is of YAML 1.1. Dates stay texts: its schema has no other place for them.
  const document = parseDocument(text, {
    version: '1.1',
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
    prettyErrors: true,
    logLevel: 'silent',
  });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [place] = fault.linePos ?? [];
    const where = place === undefined ? '' : ` (line ${place.line}, column ${place.col})`;
    // Behind the first line of the message stands what is written there.
    const [why = ''] = fault.message.split(/ at line \d|\n/, 1);
    throw new InputError(`${what} is not YAML${where}: ${why}`, {
      guidance: 'Mend it there: indentation, a quote or a colon, most often.',
      context: place === undefined ? {} : { line: place.line, column: place.col },
    });
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (cause) {
    throw new InputError(`${what} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return checkManifest(content, what);
}

/** Takes a value for a manifest, or says what is missing. Throws InputError. */
export function checkManifest(content: unknown, what: string): Manifest {
  if (!isJsonObject(content)) throw notOne(what, `it holds ${kindOf(content)}, not an object`);
  const { type = 'DeclarativeSource', version, check, streams, dynamic_streams: dynamic, spec } = content;
  if (type !== 'DeclarativeSource') throw notOne(what, `its type is ${JSON.stringify(type)}`);
  if (typeof version !== 'string' || !/^\d+\.\d+/.test(version)) {
    throw notOne(what, version === undefined ? 'it has no "version"' : 'its "version" is no version');
  }
  if (!isJsonObject(check)) throw notOne(what, 'it has no "check"');
  if (!Array.isArray(streams) && !Array.isArray(dynamic)) throw notOne(what, 'it has no "streams"');
  return { content, version, spec: specOf(content, spec, what), customClasses: [...classesIn(content)] };
}

function notOne(what: string, why: string): InputError {
  return new InputError(`${what} is no declarative manifest: ${why}`, {
    guidance:
      'One begins with "version", "type: DeclarativeSource", "check" and "streams", as Airbyte’s connector builder writes them.',
  });
}

function kindOf(content: unknown): string {
  if (content === null || content === undefined) return 'nothing';
  return Array.isArray(content) ? 'a list' : `a ${typeof content === 'string' ? 'text' : typeof content}`;
}

function specOf(content: JsonObject, written: unknown, what: string): ConnectorSpecification {
  if (written === undefined) return { connectionSpecification: { type: 'object', properties: {} } };
  const spec = resolveReferences(written, content, what);
  const schema = isJsonObject(spec) ? spec['connection_specification'] : undefined;
  if (!isJsonObject(spec) || !isJsonObject(schema))
    throw notOne(what, 'its "spec" has no "connection_specification"');
  const { documentation_url: documentationUrl, advanced_auth } = spec;
  return {
    connectionSpecification: schema,
    ...(typeof documentationUrl === 'string' ? { documentationUrl } : {}),
    ...(isJsonObject(advanced_auth) ? { advanced_auth } : {}),
  };
}

/** Whatever is missed here is still refused by the kit, in which classes have to be allowed as well. */
function classesIn(content: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(content)) for (const item of content) classesIn(item, found);
  if (!isJsonObject(content)) return found;
  const { class_name: name, type } = content;
  if (typeof name === 'string') {
    const isCustom =
      typeof type === 'string' ? type.startsWith('Custom') : /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(name);
    if (isCustom) found.add(name);
  }
  for (const value of Object.values(content)) classesIn(value, found);
  return found;
}
