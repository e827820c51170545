import { InputError } from '../errors.ts';
import { imageOf } from '../executors/docker/image.ts';
import type { ConnectorOptions } from './options.ts';

/** The ways of running a connector that a caller can name. */
export type Way = 'program' | 'docker' | 'python' | 'npm' | 'manifest' | 'spec only' | 'own executor';

/** Which way the options name, if any. Naming two is an error, as is an option that the one named cannot use. */
export function checkWay(options: ConnectorOptions, who: string): Way | undefined {
  const named = namedWays(options);
  const [first] = named;
  const second = named.find((one) => one.way !== first?.way);
  if (first === undefined) return undefined;
  if (second !== undefined) {
    throw new InputError(
      `${who}: "${first.option}" and "${second.option}" name two ways of running it; name at most one`,
      { guidance: 'Leave one of the two options out.', context: { options: named.map((one) => one.option) } },
    );
  }
  const { dockerImage: image = true, version } = options;
  if (first.way === 'docker') imageOf(who, { image, version });
  if (options.useHostNetwork === true && (options.docker?.network ?? 'host') !== 'host') {
    throw new InputError(`${who}: "useHostNetwork" and "docker.network" contradict each other`, {
      guidance: 'Leave one of the two out.',
    });
  }
  if (options.version !== undefined && options.pipUrl !== undefined) {
    throw new InputError(`${who}: "version" and "pipUrl" contradict each other`, {
      guidance: 'Write the version into pipUrl: "package==1.2.3".',
    });
  }
  if (options.version !== undefined && first.way === 'manifest' && options.sourceManifest !== true) {
    throw new InputError(`${who}: "version" and a "sourceManifest" of your own contradict each other`, {
      guidance: 'The version is for manifests of the registry: sourceManifest: true.',
    });
  }
  if (options.inProcess === true && options.env !== undefined && first.way === 'npm') {
    throw new InputError(`${who}: "inProcess" and "env" contradict each other`, {
      guidance: 'In this process it sees the variables of this process. Leave one of the two out.',
    });
  }
  refuseUnusable(options, first.way, `${who}: with "${first.option}"`);
  return first.way;
}

/** Refuses an option that a way of running cannot use. `how` ends up before "the option … cannot be used". */
export function refuseUnusable(options: ConnectorOptions, way: Way | 'built in', how: string): void {
  for (const option of runningOptions) {
    const value = options[option];
    if (value === undefined || value === false || usable[way].includes(option)) continue;
    throw new InputError(`${how} the option "${option}" cannot be used`, {
      guidance: unusableGuidance(option, way),
      context: { option },
    });
  }
}

interface NamedWay {
  readonly way: Way;
  readonly option: string;
}

function namedWays(options: ConnectorOptions): readonly NamedWay[] {
  const {
    localExecutable,
    dockerImage,
    usePython,
    pipUrl,
    npmPackage,
    sourceManifest,
    noExecutor,
    executor,
  } = options;
  const ways: readonly (NamedWay & { readonly isNamed: boolean })[] = [
    { way: 'program', option: 'localExecutable', isNamed: localExecutable !== undefined },
    { way: 'docker', option: 'dockerImage', isNamed: dockerImage !== undefined },
    { way: 'docker', option: 'usePython: false', isNamed: usePython === false },
    { way: 'python', option: 'usePython', isNamed: usePython !== undefined && usePython !== false },
    { way: 'python', option: 'pipUrl', isNamed: pipUrl !== undefined },
    { way: 'npm', option: 'npmPackage', isNamed: npmPackage !== undefined },
    {
      way: 'manifest',
      option: 'sourceManifest',
      isNamed: sourceManifest !== undefined && sourceManifest !== false,
    },
    { way: 'spec only', option: 'noExecutor', isNamed: noExecutor === true },
    { way: 'own executor', option: 'executor', isNamed: executor !== undefined },
  ];
  return ways.filter(({ isNamed }) => isNamed);
}

/** Options that bear on how a connector is run; the ways of running themselves are checked apart. */
const runningOptions = [
  'version',
  'installIfMissing',
  'installRoot',
  'env',
  'timeouts',
  'docker',
  'useHostNetwork',
  'manifest',
  'inProcess',
] as const;
type RunningOption = (typeof runningOptions)[number];

const usable: Readonly<Record<Way | 'built in', readonly RunningOption[]>> = {
  program: ['env', 'timeouts'],
  docker: ['version', 'env', 'timeouts', 'docker', 'useHostNetwork'],
  python: ['version', 'installIfMissing', 'installRoot', 'env', 'timeouts'],
  npm: ['version', 'installIfMissing', 'installRoot', 'env', 'timeouts', 'inProcess'],
  manifest: ['version', 'installIfMissing', 'installRoot', 'env', 'timeouts', 'manifest'],
  'spec only': [],
  'own executor': [],
  // installIfMissing has nothing to do here, and so is done.
  'built in': ['installIfMissing', 'timeouts'],
};

const spoken = {
  python: 'a Python package (usePython: true)',
  docker: 'a Docker image (dockerImage: true)',
  program: 'a program (localExecutable)',
} as const;

function unusableGuidance(option: RunningOption, way: Way | 'built in'): string {
  if (option === 'docker' || option === 'useHostNetwork')
    return 'It is for connectors that run in Docker: say dockerImage as well, or leave it out.';
  if (option === 'manifest')
    return 'It is for sources that are declared in YAML: say sourceManifest as well, or leave it out.';
  if (option === 'inProcess')
    return 'It is for connectors that are npm packages: say npmPackage as well, or leave it out.';
  const users = (['python', 'docker', 'program'] as const).filter((one) => usable[one].includes(option));
  const ways = users.map((one) => spoken[one]);
  const place = way === 'built in' ? 'It runs inside this process. ' : '';
  return `${place}Leave it out, or run ${ways.join(' or ')} instead.`;
}
