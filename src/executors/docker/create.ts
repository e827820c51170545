import { buffer } from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import { openHomeFolder } from '../../home.ts';
import type { Environment } from '../environment.ts';
import { ownIdentity } from '../process-identity.ts';
import type { ChildRun } from '../run-child.ts';
import { describeContainer, type Image, workspaceInside } from './container.ts';
import type { Engine } from './engine.ts';
import { statusOf, wordsOf } from './failures.ts';
import { type Fifos, openFifos, shell, throughFifos } from './fifos.ts';
import { archiveFolder, fileIn } from './files.ts';
import type { ContainerOptions } from './options.ts';
import { type Ids, lookUp, mayReadOurs, numbersOf, userOf } from './user.ts';

/** One run of a connector, as the protocol's arguments and what its container is to be. */
export interface ContainerLaunch extends ChildRun {
  readonly name: string;
  readonly image: Image;
  readonly options: ContainerOptions;
  readonly env: Environment;
}

/** What has been learnt of an engine by trying; kept while the executor lives. */
export interface Learnt {
  /** Whether its containers see our files. */
  seesFiles: boolean;
  /** Which images have a shell, by their id. */
  readonly shells: Map<string, boolean>;
  /** Who the users are that images have names for, by `IMAGE-ID USER`. */
  readonly users: Map<string, Ids>;
}

/** A container that has not been started, with its pipes where it has some. */
export interface Created {
  readonly container: Dockerode.Container;
  readonly fifos: Fifos | undefined;
  /** Why it has copies of our files, where it does. */
  readonly whyCopies: string | undefined;
}

/**
 * Makes the container in the quickest way that there is: connected by named pipes where it runs on our kernel, sees our
 * files and has a shell; else attached; and where its engine does not see our files, or its user may not read them, with
 * copies of them.
 */
export async function createContainer(
  engine: Engine,
  launch: ContainerLaunch,
  learnt: Learnt,
): Promise<Created> {
  const { image, folder, stdin, options } = launch;
  const user = userOf(engine, image, options.user) ?? image.user;
  const ids = await idsOf(user, engine, launch, learnt);
  const isReader = mayReadOurs(engine, ids);
  if (isReader && engine.sharesKernel && learnt.seesFiles && learnt.shells.get(image.id) !== false) {
    const fifos = await openFifos(folder, stdin);
    if (fifos !== undefined) {
      try {
        const container = await withFifos(engine, launch, learnt);
        if (container !== undefined) return { container, fifos, whyCopies: undefined };
      } catch (error) {
        fifos[Symbol.dispose]();
        throw error;
      }
      fifos[Symbol.dispose]();
    }
  }
  if (isReader && learnt.seesFiles) {
    const container = await mounted(engine, launch, learnt, plainCommand(launch));
    if (container !== undefined) return { container, fifos: undefined, whyCopies: undefined };
  }
  const whyCopies = learnt.seesFiles
    ? `its user (${user}) may not read files of ours`
    : 'its engine does not see files of this machine';
  return { container: await copied(engine, launch, ids), fifos: undefined, whyCopies };
}

/** Who a user is: a name is looked up in a container that is made for that, and never started. */
async function idsOf(user: string, engine: Engine, launch: ContainerLaunch, learnt: Learnt): Promise<Ids> {
  const { name, image } = launch;
  const key = `${image.id} ${user}`;
  const known = numbersOf(user) ?? learnt.users.get(key);
  if (known !== undefined) return known;
  const container = await create(engine, launch, plainCommand(launch), undefined);
  try {
    const found = await lookUp(user, { connector: name, image }, async (path) => {
      const archive = await container.getArchive({ path }).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
      return archive === undefined ? '' : (fileIn(await buffer(archive))?.toString() ?? '');
    });
    learnt.users.set(key, found);
    return found;
  } finally {
    await container.remove({ force: true, v: true });
  }
}

function plainCommand({ image, args }: ContainerLaunch): readonly string[] {
  return [...image.entrypoint, ...args];
}

/** Undefined where it turns out that there is no shell, or no view of our files. */
async function withFifos(
  engine: Engine,
  launch: ContainerLaunch,
  learnt: Learnt,
): Promise<Dockerode.Container | undefined> {
  const command = [...throughFifos(launch.stdin), workspaceInside, ...plainCommand(launch)];
  const container = await mounted(engine, launch, learnt, command);
  if (container === undefined || learnt.shells.get(launch.image.id) === true) return container;
  const hasShell = await container.infoArchive({ path: shell }).then(
    (answer: NodeJS.ReadableStream) => {
      // An answer that nobody reads to its end, empty though it is, keeps its connection and this process alive.
      answer.resume();
      return true;
    },
    () => false,
  );
  learnt.shells.set(launch.image.id, hasShell);
  if (hasShell) return container;
  await container.remove({ force: true });
  return undefined;
}

/** A container that sees our files, or undefined where the engine says that there are none such. */
async function mounted(
  engine: Engine,
  launch: ContainerLaunch,
  learnt: Learnt,
  command: readonly string[],
): Promise<Dockerode.Container | undefined> {
  const mounts = { workspace: launch.folder, local: await openHomeFolder('local') };
  try {
    return await create(engine, launch, command, mounts);
  } catch (error) {
    // The workspace has a name that nobody else could have given: so it is ours that the engine sees, or none.
    if (!(statusOf(error) !== undefined && noSuchFolder.test(wordsOf(error)))) throw error;
    learnt.seesFiles = false;
    return undefined;
  }
}

const noSuchFolder =
  /bind source path does not exist|bind mount.*no such file|statfs .*no such file|not shared from/i;

async function copied(engine: Engine, launch: ContainerLaunch, ids: Ids): Promise<Dockerode.Container> {
  const container = await create(engine, launch, plainCommand(launch), undefined);
  try {
    const archive = await archiveFolder(launch.folder, workspaceInside.slice(1), ids);
    await container.putArchive(archive, { path: '/' });
    return container;
  } catch (error) {
    await container.remove({ force: true }).catch(() => {});
    throw error;
  }
}

async function create(
  engine: Engine,
  { name, image, options, env, stdin }: ContainerLaunch,
  command: readonly string[],
  mounts: { readonly workspace: string; readonly local: string } | undefined,
): Promise<Dockerode.Container> {
  const owner = await ownIdentity();
  const user = userOf(engine, image, options.user);
  const run = { connector: name, image, options, user, env, stdin, command, mounts, owner };
  return engine.docker.createContainer(describeContainer(engine, run));
}
