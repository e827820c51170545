import { InputError } from '../errors.ts';
import { isConnectorProgram } from './get-connector.ts';
import { isSource } from './source.ts';

/** Refuses anything but a source, and says how to make one of what was given. */
export function refuseOtherSources(source: unknown): void {
  if (isSource(source)) return;
  const isIterable =
    Array.isArray(source) ||
    (typeof source === 'object' &&
      source !== null &&
      (Symbol.iterator in source || Symbol.asyncIterator in source));
  throw new InputError(
    isIterable ? 'write takes a source, and rows by themselves have no name' : 'write takes a source',
    { guidance: sourceGuidance(source, isIterable) },
  );
}

function sourceGuidance(source: unknown, isIterable: boolean): string {
  if (isIterable) return 'Name them: write(records("users", rows)).';
  if (isConnectorProgram(source)) return 'Open it first: write(getSource(source)).';
  return 'Make one by getSource or records. Caches and read results cannot be written yet.';
}
