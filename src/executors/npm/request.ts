import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { InputError } from '../../errors.ts';
import { homeFolder } from '../../home.ts';
import { withoutCredentials } from '../python/request.ts';
import { safeFolder } from '../python/venv.ts';

/** Which npm package is wanted, and where it is installed. */
export interface NpmRequest {
  readonly name: string;
  /** For people: `@acme/source-x@1.2.0`. */
  readonly label: string;
  /** What it is called where it is installed: its name, or, where that is not known beforehand, one of ours. */
  readonly key: string;
  /** What npm is to get under that name: a version, a range, a tag, or a place. May hold a password. */
  readonly wanted: string;
  /** Whether a registry has it under its name; only then can the project have it already. */
  readonly isNamed: boolean;
  /** The version that has to run, where one was given exactly. */
  readonly pin: string | undefined;
  /** Which export is the connector, where it was said. */
  readonly exported: string | undefined;
  /** Stands for what is wanted: a change of it asks for a new installation. */
  readonly fingerprint: string;
  readonly installRoot: string | undefined;
  readonly folder: string;
}

interface Asked {
  /** `name`, `name@1.2.0`, a folder, a tarball, a URL, a repository; `#name` behind it says which export. */
  readonly package: string;
  readonly version?: string | undefined;
  readonly installRoot?: string | undefined;
}

/** Turns the options into what is to be run. Throws InputError when they make no sense; touches nothing. */
export function requestNpm(name: string, { package: text, version, installRoot }: Asked): NpmRequest {
  const { requirement, exported } = splitExport(text.trim());
  const named = /^((?:@[\w.~-]+\/)?[a-z0-9~][\w.~-]*)(?:@([^/:]*))?$/i.exec(requirement);
  const [, packageName, asked] = named ?? [];
  if (packageName === undefined && !isPlace(requirement)) {
    throw new InputError(`${name}: "${withoutCredentials(requirement)}" names no npm package`, {
      guidance:
        'Give a name (source-x, @scope/source-x@1.2.0), a folder or tarball (./source-x), or a URL as npm takes it.',
    });
  }
  if (version !== undefined && (packageName === undefined || asked !== undefined)) {
    throw new InputError(`${name}: "version" and "npmPackage" contradict each other`, {
      guidance:
        packageName === undefined
          ? 'The version is for packages that a registry has by name.'
          : 'Give the version in one of the two.',
    });
  }
  if (version !== undefined && !versionOrTag.test(version)) {
    throw new InputError(`${name}: "${withoutCredentials(version)}" is no version of an npm package`, {
      guidance: 'Give a version such as "1.2.3", or "latest"; a place is given instead of the name.',
    });
  }
  const tag = asked === undefined || asked === '' ? (version ?? 'latest') : asked;
  const wanted = packageName === undefined ? placeOf(requirement) : tag;
  const label =
    packageName === undefined ? requirement : tag === 'latest' ? packageName : `${packageName}@${tag}`;
  const root = installRoot === undefined ? undefined : resolve(installRoot);
  return {
    name,
    label: withoutCredentials(label),
    key: packageName ?? 'connector',
    wanted,
    isNamed: packageName !== undefined,
    pin: packageName !== undefined && exactVersion.test(tag) ? tag.replace(/^v/, '') : undefined,
    exported,
    fingerprint: createHash('sha256').update(`${packageName}@${wanted}`).digest('hex'),
    installRoot: root,
    folder: join(root ?? join(homeFolder(), 'connectors'), `npm-${safeFolder(name)}`),
  };
}

/** Behind a `#` stands an export, but of a URL or repository the branch, tag or commit. */
function splitExport(text: string): { readonly requirement: string; readonly exported: string | undefined } {
  const [, requirement = text, exported] =
    /^((?!\w[\w+.-]*:(?!\\)|[^@./][^/]*\/).*)#([\w$]+)$/s.exec(text) ?? [];
  return { requirement, exported };
}

function isPlace(requirement: string): boolean {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\]|~\/|[a-z][a-z0-9+.-]+:|[\w.-]+\/[\w.-]+(#|$))/i.test(requirement);
}

/** A path is meant from the current folder, not from that of the installation. */
function placeOf(requirement: string): string {
  const [, path = requirement] = /^file:(?!\/\/)(.*)$/.exec(requirement) ?? [];
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(path) ? `file:${resolve(path)}` : requirement;
}

const exactVersion = /^v?\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;
/** Also a range or a tag, as npm takes them; what is a place, an option or an alias is none. */
const versionOrTag = /^[\w^~<>=*][\w.+^~<>=*| -]*$/;
