import { NotRunnableError } from '../../errors.ts';
import type { Image } from './container.ts';
import type { Engine } from './engine.ts';

/** Who a container runs as, in the numbers that files carry. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who it runs as: whoever runs Sluice, who alone can read the workspace. Where the engine runs as a user, that is root
 * inside. Undefined leaves it to the image.
 */
export function userOf(engine: Engine, image: Image, wanted: string | undefined): string | undefined {
  if (wanted !== undefined) return wanted;
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined || gid === undefined) return undefined;
  const isRootInside = engine.isRootless || uid === 0;
  if (isRootInside) return /^(|0|root)(:|$)/.test(image.user) ? undefined : '0:0';
  return `${uid}:${gid}`;
}

/**
 * Whether it can read what only we can (`null`: a system whose users have no numbers; engines there let every user of a
 * container read what is mounted).
 */
export function mayReadOurs(
  { isRootless }: Pick<Engine, 'isRootless'>,
  { uid }: Ids,
  own: number | null = process.getuid?.() ?? null,
): boolean {
  return uid === 0 || own === null || (uid === own && !isRootless);
}

/** A user as engines take it (`1234:1234`, `airbyte`) in numbers; undefined where only the image knows them. */
export function numbersOf(user: string): Ids | undefined {
  const [name, group] = partsOf(user);
  const [uid, gid] = [numberOf(name), numberOf(group ?? '')];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Looks a user up in the lists of users and groups that an image has. */
export async function lookUp(
  user: string,
  { connector, image }: { readonly connector: string; readonly image: Image },
  readFile: (path: string) => Promise<string>,
): Promise<Ids> {
  const find = async (kind: 'user' | 'group', name: string, path: string) => {
    const number = numberOf(name);
    if (number !== undefined) return [number];
    const lines = (await readFile(path)).split('\n').map((line) => line.split(':'));
    const found = lines.find(([first]) => first === name);
    if (found !== undefined) return found.slice(2, 4).map(Number);
    throw new NotRunnableError(
      `${connector}: the image ${image.reference.text} cannot be started: it has no ${kind} ${name}`,
      {
        guidance: `Name one that is in its ${path}, or a number: \`docker: { user: "1000:1000" }\`.`,
        context: { connector, image: image.reference.text, user },
      },
    );
  };
  const [name, group] = partsOf(user);
  const [uid = 0, itsGroup = 0] = await find('user', name, '/etc/passwd');
  const [gid = 0] = group === undefined ? [itsGroup] : await find('group', group, '/etc/group');
  return { uid, gid };
}

function partsOf(user: string): readonly [name: string, group: string | undefined] {
  const [name = '', group = ''] = user.split(':');
  return [name, group === '' ? undefined : group];
}

/** Who is not named is root, and so is the group of a number that stands alone. */
function numberOf(name: string): number | undefined {
  if (name === '' || name === 'root') return 0;
  return /^\d{1,10}$/.test(name) ? Number(name) : undefined;
}
