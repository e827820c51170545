import { createHash } from 'node:crypto';
import type { FlowItem, Invocation } from '../../protocol/flow.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json-object.ts';
import type { Config } from '../../protocol/spec.ts';
import type { Manifest } from './document.ts';

/**
 * The same command as the kit takes it: it reads the manifest, and Python of its own, from the config, which is a file
 * that only this user can read.
 */
export function injectManifest(
  invocation: Invocation,
  manifest: Manifest,
  components: string | undefined,
): Invocation {
  if (invocation.command === 'spec') return invocation;
  const config = {
    ...withoutInjections(invocation.config),
    [manifestKey]: forKit(manifest),
    ...(components === undefined
      ? {}
      : { [codeKey]: components, [checksumsKey]: { md5: md5Of(components) } }),
  };
  return { ...invocation, config };
}

/** What the connector says of its config, without what was put into it. */
export function withoutInjected(items: readonly FlowItem[]): readonly FlowItem[] {
  if (!items.some(({ type }) => type === 'CONTROL')) return items;
  return items.map((item) => {
    if (item.type !== 'CONTROL') return item;
    const { connectorConfig } = item.control;
    const config = withoutInjections(connectorConfig.config);
    return { ...item, control: { ...item.control, connectorConfig: { ...connectorConfig, config } } };
  });
}

const manifestKey = '__injected_declarative_manifest';
const codeKey = '__injected_components_py';
const checksumsKey = '__injected_components_py_checksums';

function withoutInjections(config: Config): Config {
  const { [manifestKey]: _manifest, [codeKey]: _code, [checksumsKey]: _checksums, ...own } = config;
  return own;
}

/**
 * The kit checks the whole config by the manifest's spec, that which was put into it included, and fails without one.
 * So it gets a spec that lets the config have more fields; by the true one the config has been checked before.
 */
function forKit({ content, spec }: Manifest): JsonObject {
  const { spec: written } = content;
  const own = isJsonObject(written) ? written : typeof written === 'string' ? { $ref: written } : {};
  return {
    type: 'DeclarativeSource',
    ...content,
    spec: { ...own, type: 'Spec', connection_specification: opened(spec.connectionSpecification) },
  };
}

function opened(schema: JsonObject): JsonObject {
  const open: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (limiting.has(key)) continue;
    open[key] =
      combining.has(key) && Array.isArray(value)
        ? value.map((one: unknown) => (isJsonObject(one) ? opened(one) : one))
        : value;
  }
  return open;
}

const limiting = new Set([
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'patternProperties',
  'maxProperties',
]);
const combining = new Set(['allOf', 'anyOf', 'oneOf']);

/** As the kit wants it, which takes it for a sign that nobody has changed the text on the way. */
function md5Of(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
