import { InputError } from '../errors.ts';

/** The streams of `--streams a,crm.users`, given once or more often; a comma inside a name is written `\,`. */
export function parseStreams(given: readonly string[] | undefined): readonly string[] | '*' | undefined {
  if (given === undefined) return undefined;
  if (given.some((argument) => argument.trim() === '*')) return '*';
  const names = given
    .flatMap((argument) => argument.split(/(?<!\\),/))
    .map((name) => name.trim().replaceAll('\\,', ','))
    .filter((name) => name !== '');
  if (names.length === 0) {
    throw new InputError('--streams names no stream', {
      guidance: 'Name one or more, with commas between; leave it out to take all.',
    });
  }
  return names;
}
