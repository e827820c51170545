import type { ConnectorProgram } from '../protocol/flow.ts';
import { isJsonObject } from '../protocol/json-object.ts';

/** Whether a value is a connector written in TypeScript. */
export function isConnectorProgram(value: unknown): value is ConnectorProgram {
  return (
    isJsonObject(value) &&
    typeof value['name'] === 'string' &&
    isJsonObject(value['spec']) &&
    typeof value['check'] === 'function'
  );
}
