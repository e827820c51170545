import { imageOf } from '../executors/docker/image.ts';
import { placeLabel } from '../executors/manifest/place.ts';
import { requestNpm } from '../executors/npm/request.ts';
import { splitWords } from '../executors/words.ts';
import type { ConnectorProgram } from '../protocol/flow.ts';
import { builtInOf } from './built-in.ts';
import { manifestPlace } from './manifest-run.ts';
import type { ConnectorOptions } from './options.ts';
import type { Way } from './ways.ts';

interface Chosen {
  readonly name: string;
  readonly program: ConnectorProgram | undefined;
  readonly options: ConnectorOptions;
  readonly way: Way | undefined;
}

/**
 * What a connector is run from, where its name does not tell: two connectors of one name, with one config, are not one.
 * Undefined for the program on PATH, the Python package and Airbyte's image that bear the name. An upgrade changes nothing here, and
 * no password is part of it.
 */
export function viaOf({ name, program, options, way }: Chosen): string | undefined {
  if (program !== undefined) return 'TypeScript';
  if (way === undefined) return builtInOf(name) === undefined ? undefined : 'built in';
  const { localExecutable, pipUrl, dockerImage, version, sourceManifest, npmPackage } = options;
  if (typeof dockerImage === 'string') {
    const { repository } = imageOf(name, { image: dockerImage, version });
    return repository === `airbyte/${name}` ? undefined : repository;
  }
  if (npmPackage !== undefined) return `the npm package ${npmLabel(name, npmPackage, version)}`;
  if (way === 'manifest') {
    if (typeof sourceManifest === 'boolean' || sourceManifest === undefined) return undefined;
    return `the manifest ${placeLabel(manifestPlace(name, sourceManifest))}`;
  }
  if (typeof localExecutable === 'string') return localExecutable === name ? undefined : localExecutable;
  return pipUrl === undefined ? undefined : packageOf(pipUrl, `airbyte-${name}`);
}

/** As it stays from version to version. */
function npmLabel(name: string, npmPackage: string, version: string | undefined): string {
  const { key, label, isNamed, exported } = requestNpm(name, { package: npmPackage, version });
  const place = isNamed ? key : label.replace(/[?#].*$/, '').replace(/-v?\d[^/]*\.tgz$/i, '');
  return exported === undefined ? place : `${place}#${exported}`;
}

/** The package that is installed, unless it is the one that is expected; beside that one, others are its fellows. */
function packageOf(pipUrl: string, expected: string): string | undefined {
  const words = splitWords(pipUrl) ?? [];
  const isPackage = (word: string, at: number) =>
    !word.startsWith('-') && !optionsWithValue.test(words[at - 1] ?? '');
  const packages = words.filter(isPackage).map(withoutVersion);
  return packages.includes(normal(expected)) ? undefined : packages[0];
}

const optionsWithValue = /^(-[cfir]|--(constraint|find-links|(extra-)?index-url|requirement))$/;

/** A requirement as it stays from version to version: the name of a package, a repository or a folder. */
function withoutVersion(requirement: string): string {
  const [, name] = /^([a-z0-9][\w.-]*)\s*(?:$|[[<>=!~;@,(\s])/i.exec(requirement) ?? [];
  const place = requirement.replace(/:\/\/[^\s/@]+@/, '://').replace(/[?#].*$/, '');
  const file = /^(.*\/|)([^/]+)(?:\.whl|\.zip|\.tar\.\w+|\.tgz)$/i.exec(place);
  if (file !== null) {
    const [, folder = '', stem = ''] = file;
    const [, distribution] = /^([a-z0-9][\w.-]*?)-v?\d/i.exec(stem) ?? [];
    return distribution === undefined ? folder : normal(distribution);
  }
  if (name !== undefined) return normal(name);
  // Behind the path of a repository stands its branch, tag or commit.
  const [subfolder = ''] = /#subdirectory=[^&]*|(?<=&)subdirectory=[^&]*/.exec(requirement) ?? [];
  return place.replace(/^(\w+\+.*\/[^@/]+)@.*$/, '$1') + subfolder;
}

/** Names that pip takes for one. */
function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
