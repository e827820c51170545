import { ConnectorFailedError, InputError } from '../../errors.ts';
import type { FlowItem } from '../../protocol/flow.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import type { TraceError } from '../../protocol/messages.ts';
import { didYouMean } from '../../protocol/nearest.ts';
import { oneLine } from '../verdict.ts';
import type { Manifest } from './document.ts';

/** The first error among what the kit says. */
export function traceErrorIn(items: readonly FlowItem[]): TraceError | undefined {
  for (const item of items) if (item.type === 'TRACE' && item.trace.type === 'ERROR') return item.trace.error;
  return undefined;
}

/**
 * A failure of the kit as the fault of a manifest that it is: the kit checks manifests by a schema of its own, and says
 * where one does not fit only amid the lines of its stack. `what` says which manifest. Any other error stays as it is.
 */
export function manifestFault(
  error: unknown,
  trace: TraceError | undefined,
  { content }: Pick<Manifest, 'content'>,
  what: string,
): unknown {
  const [, reason] = /^Error starting the sync\b.*?\bError: (.*)$/s.exec(trace?.message ?? '') ?? [];
  if (!(error instanceof ConnectorFailedError) || reason === undefined) return error;
  const { connector } = error.context;
  if (!reason.includes('declarative_component_schema')) {
    return new InputError(`${what} cannot be run: ${oneLine(reason)}`, {
      guidance: 'Mend the manifest, or what its config gives it.',
      context: { connector },
      cause: error,
    });
  }
  const place = placeIn(trace?.stack_trace ?? '', content);
  return new InputError(`${what} does not fit the schema of manifests${place === '' ? '' : `: ${place}`}`, {
    guidance:
      'Mend it there: the type of a component, or a field of it that is missing, misspelt or too much.',
    context: { connector },
    cause: error,
  });
}

/** The place and the fault, out of what Python's jsonschema says; empty where it says something else. */
function placeIn(stack: string, content: unknown): string {
  const [, why, schema = '', path = '', instance = ''] =
    /ValidationError: (.*?)\n\nFailed validating (.*?)\n\nOn instance([^\n]*):\n(.*?)\n(?:\n|$)/s.exec(
      stack,
    ) ?? [];
  if (why === undefined) return '';
  const steps = [...path.matchAll(/\['([^']*)'\]|\[(\d+)\]/g)].map(([, key, index]) => key ?? index ?? '');
  const [, type] = /^\s*\{'type': '(\w+)'/.exec(instance) ?? [];
  const places = placesOf(content, steps, type);
  const where = places.length === 0 || places.length > mostPlaces ? [steps.join('.')] : places;
  const at = where[0] === '' ? '' : `${where.join(' or ')}: `;
  if (type === undefined || !why.endsWith(' is not valid under any of the given schemas'))
    return `${at}${oneLine(why)}`;
  const components = [...schema.matchAll(/'#\/definitions\/(\w+)'/g)].map(([, name = '']) => name);
  if (components.includes(type)) return `${at}something in this ${type} is missing, misspelt or too much`;
  const hint = didYouMean(type, components);
  return `${at}"${type}" may not stand there${hint === undefined ? '' : `; ${hint}`}`;
}

const mostPlaces = 3;

/** The kit names only the last steps to a place: the whole paths of the components of that type that end so. */
function placesOf(content: unknown, end: readonly string[], type: string | undefined): readonly string[] {
  if (type === undefined) return [];
  const found: string[] = [];
  const search = (value: unknown, path: readonly string[]): void => {
    if (isJsonObject(value) && value['type'] === type && endsWith(path, end)) found.push(path.join('.'));
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) search(inner, [...path, key]);
  };
  search(content, []);
  return found;
}

function endsWith(path: readonly string[], end: readonly string[]): boolean {
  return end.every((step, index) => path[path.length - end.length + index] === step);
}
