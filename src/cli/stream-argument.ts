import { InputError } from '../errors.ts';

/** The streams of `--streams a,crm.users`; a comma inside a name is written `\,`. */
export function parseStreams(argument: string | undefined): readonly string[] | '*' | undefined {
  if (argument === undefined) return undefined;
  if (argument.trim() === '*') return '*';
  const names = argument
    .split(/(?<!\\),/)
    .map((name) => name.trim().replaceAll('\\,', ','))
    .filter((name) => name !== '');
  if (names.length === 0) {
    throw new InputError('--streams names no stream', {
      guidance: 'Name one or more, with commas between; leave it out to take all.',
    });
  }
  return names;
}
