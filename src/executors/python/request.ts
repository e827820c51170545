import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { InputError } from '../../errors.ts';
import { splitWords } from '../words.ts';

/** Which Python is wanted: any, one of a version, or a certain interpreter. */
export type PythonWish =
  | { readonly kind: 'any' }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'path'; readonly path: string };

/** What is to be installed for one connector, and with which Python. */
export interface PythonRequest {
  readonly name: string;
  /** The folder of its environment, in that of installed connectors. */
  readonly folder: string;
  /** The program that is the connector. */
  readonly program: string;
  /** For people: `airbyte-source-faker==1.0`. */
  readonly label: string;
  /** What the installer is given, word by word; may hold passwords. */
  readonly words: readonly string[];
  /** Stands for what the installer is given: a change of it asks for a new installation. */
  readonly fingerprint: string;
  /** The package that bears the connector, where that is known beforehand. */
  readonly package: string | undefined;
  /** The version that has to run. */
  readonly pin: string | undefined;
  readonly python: PythonWish;
  readonly installRoot: string | undefined;
}

interface Asked {
  readonly pipUrl?: string | undefined;
  readonly usePython?: true | string | undefined;
  readonly version?: string | undefined;
  readonly installRoot?: string | undefined;
  /** Where others run by the same program: the folder that they share, and the program. The connector's name by default. */
  readonly folder?: string | undefined;
  readonly program?: string | undefined;
}

/** Turns the options into what is to be installed. Throws InputError when they make no sense; touches nothing. */
export function requestPython(
  name: string,
  { pipUrl, usePython, version, installRoot, folder = name, program = name }: Asked,
): PythonRequest {
  const pin = version === undefined || version === 'latest' ? undefined : version;
  if (pin !== undefined && !exactVersion.test(pin)) {
    throw new InputError(`${name}: version "${pin}" is not an exact version`, {
      guidance: 'Give a version such as "1.2.3", or "latest"; a range belongs into `pipUrl`.',
    });
  }
  const own = `airbyte-${name}`;
  const requirement = pipUrl ?? (pin === undefined ? own : `${own}==${pin}`);
  const words = splitWords(requirement);
  if (words === undefined || words.length === 0) {
    throw new InputError(
      `${name}: pipUrl names no package: ${words === undefined ? 'a quote is open' : 'it is empty'}`,
      {
        guidance: 'Give requirements as pip takes them, such as "airbyte-source-x==1.2 \'requests<3\'".',
      },
    );
  }
  if (words[0]?.startsWith('-') === true) {
    throw new InputError(`${name}: pipUrl begins with an option of pip, not with a package`, {
      guidance: 'Options can follow the package: "airbyte-source-x --index-url https://…".',
    });
  }
  return {
    name,
    folder,
    program,
    label: withoutCredentials(requirement),
    words,
    fingerprint: createHash('sha256').update(requirement).digest('hex'),
    package: pipUrl === undefined ? own : undefined,
    pin,
    python: wishOf(usePython),
    installRoot: installRoot === undefined ? undefined : resolve(installRoot),
  };
}

/**
 * The words of a requirement as arguments of pip and uv. What holds a password goes into a file: everybody on a machine
 * may see what arguments its processes have.
 */
export async function requirementArguments(
  words: readonly string[],
  writeFile: (text: string) => Promise<string>,
): Promise<readonly string[]> {
  const args: string[] = [];
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const option = optionOfFiles.exec(word);
    const value = option?.[2] === '' ? words[at + 1] : undefined;
    if (value !== undefined) at += 1;
    const both = value === undefined ? [word] : [word, value];
    const fitsIntoFile = option !== null || !word.startsWith('-');
    if (fitsIntoFile && both.some(hasCredentials)) lines.push(both.join(' '));
    else args.push(...both);
  }
  return lines.length === 0 ? args : [...args, '-r', await writeFile(`${lines.join('\n')}\n`)];
}

/** Options with a URL that may also stand in a file of requirements; the value follows as a word or behind `=`. */
const optionOfFiles = /^(-i|-f|-e|--index-url|--extra-index-url|--find-links|--editable)(=|$)/;

function hasCredentials(word: string): boolean {
  return withoutCredentials(word) !== word;
}

/** A text in which no URL tells a user or a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@'"]+@/gi, '$1****@');
}

function wishOf(usePython: true | string | undefined): PythonWish {
  if (usePython === undefined || usePython === true) return { kind: 'any' };
  if (/^\d+(\.\d+){0,2}$/.test(usePython)) return { kind: 'version', version: usePython };
  return { kind: 'path', path: resolve(usePython) };
}

const exactVersion = /^v?\d+[\w.!+-]*$/;
