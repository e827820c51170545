import { InputError } from '../errors.ts';
import { isConnectorProgram } from './connector-program.ts';

/** What is said of something that cannot be written: how to make a source of it. */
export function notASource(source: unknown): InputError {
  const isIterable =
    Array.isArray(source) ||
    (typeof source === 'object' &&
      source !== null &&
      (Symbol.iterator in source || Symbol.asyncIterator in source));
  return new InputError(
    isIterable
      ? 'write takes a source, a read result or a cache, and rows by themselves have no name'
      : 'write takes a source, a read result or a cache',
    { guidance: sourceGuidance(source, isIterable) },
  );
}

function sourceGuidance(source: unknown, isIterable: boolean): string {
  if (isIterable) return 'Name them: write(records("users", rows)).';
  if (isConnectorProgram(source)) return 'Open it first: write(getSource(source)).';
  return 'Make a source by getSource or records, a read result by source.read().';
}
