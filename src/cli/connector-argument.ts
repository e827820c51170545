import { closeSync, openSync, readSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { InputError } from '../errors.ts';

/** What a connector on the command line is. `name` is what it is called in messages and in its connection. */
export type ConnectorArgument =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'program'; readonly name: string; readonly path: string }
  | { readonly kind: 'python'; readonly name: string; readonly requirement: string }
  | { readonly kind: 'npm'; readonly name: string; readonly package: string }
  | { readonly kind: 'docker'; readonly name: string; readonly image: string }
  | { readonly kind: 'module'; readonly name: string; readonly reference: string };

/** Understands `name`, `./path`, `pip:requirement`, `npm:package`, `docker:image` and `./file.ts#export`, or says that it is none of them. */
export function parseConnector(argument: string): ConnectorArgument {
  if (argument === '') {
    throw new InputError('the name of a connector is empty', { guidance: forms });
  }
  const module = /^(.*\.(?:[cm]?[jt]s))(?:#(.*))?$/.exec(argument);
  const scheme = /^([a-z]{2,}):(.*)$/.exec(argument);
  if (scheme !== null) return parseScheme(argument, scheme[1] ?? '', scheme[2] ?? '');
  if (module !== null) {
    const [, path = '', exported] = module;
    if (exported !== undefined || !isScript(path)) {
      return { kind: 'module', name: exported ?? programName(path), reference: asPath(argument) };
    }
  }
  if (/[/\\]/.test(argument) || module !== null) {
    return { kind: 'program', name: programName(argument), path: asPath(argument) };
  }
  return { kind: 'name', name: argument };
}

const forms =
  'Give a name (source-faker), a program (./my-source), pip:airbyte-source-faker, npm:source-x, docker:airbyte/source-faker or ./my-source.ts#export.';

function parseScheme(argument: string, scheme: string, rest: string): ConnectorArgument {
  if (scheme === 'pip') {
    if (rest.trim() === '') throw new InputError('pip: needs a requirement', { guidance: forms });
    if (rest.trim().startsWith('-')) {
      throw new InputError(`${argument}: a requirement begins with a package, not with an option of pip`, {
        guidance: forms,
      });
    }
    return { kind: 'python', name: packageName(rest), requirement: rest };
  }
  if (scheme === 'npm') {
    if (rest.trim() === '') throw new InputError('npm: needs a package', { guidance: forms });
    if (rest.trim().startsWith('-')) {
      throw new InputError(`${argument}: a package begins with its name, not with an option of npm`, {
        guidance: forms,
      });
    }
    return { kind: 'npm', name: npmName(rest.trim()), package: rest.trim() };
  }
  if (scheme === 'docker') {
    if (rest.trim() === '') throw new InputError('docker: needs an image', { guidance: forms });
    const image = rest.trim().replace(/^\/\//, '');
    return { kind: 'docker', name: imageName(image), image };
  }
  throw new InputError(`${argument}: there is no way to run "${scheme}:"`, { guidance: forms });
}

/** `airbyte-source-faker[extra]==7.2.1` is source-faker, and so is a wheel or a repository of that name. */
function packageName(requirement: string): string {
  const [first = ''] = requirement.trim().split(/\s+(?!@)/);
  const [beforeUrl = ''] = first.split(/\s*@\s*(?=[a-z+]+:\/\/)/);
  const place = /[/\\]/.test(beforeUrl)
    ? basename((beforeUrl.split('#')[0] ?? '').replace(/@[^/@]*$/, ''))
    : beforeUrl;
  const [name = ''] = place.replace(/(\.git|\.whl|\.tar\.gz|\.zip)$/, '').split(/[[<>=!~;@\s]|-(?=\d)/);
  return name
    .toLowerCase()
    .replaceAll(/[_.]+/g, '-')
    .replace(/^airbyte-/, '');
}

/** `@acme/sluice-source-shop@1.2.0#orders` is source-shop, and so is a tarball or a folder of that name. */
function npmName(text: string): string {
  const [last = ''] = text
    .replace(/#.*$/, '')
    .replace(/[/\\]+$/, '')
    .split(/[/\\:]/)
    .slice(-1);
  const name = last
    .replace(/(?<=.)@.*$/, '')
    .replace(/(-v?\d[\w.+-]*)?\.(tgz|tar\.gz)$|\.git$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^(sluice|airbyte)-/, '');
  return /^\.*$/.test(name) ? 'connector' : name;
}

/** `registry:5000/airbyte/source-faker:7.2.1` is source-faker. */
function imageName(image: string): string {
  const [last = ''] = image.split('/').slice(-1);
  return last.replace(/@.*$/, '').replace(/:.*$/, '').toLowerCase();
}

/** The file's name without the ending of a script. */
function programName(path: string): string {
  const file = basename(path.replaceAll('\\', '/'));
  const name = scriptEndings.has(extname(file)) ? file.slice(0, -extname(file).length) : file;
  return name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');
}

const scriptEndings = new Set([
  '.py',
  '.sh',
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '.rb',
  '.exe',
  '.cmd',
  '.bat',
]);

/** A file of JavaScript that begins with `#!` is a program like any other; without that it is a module to load. */
function isScript(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const start = Buffer.alloc(2);
      return readSync(file, start) === 2 && start.toString('latin1') === '#!';
    } finally {
      closeSync(file);
    }
  } catch {
    // That it cannot be read is said by whoever loads it.
    return false;
  }
}

function asPath(path: string): string {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(path) ? path : `./${path}`;
}
