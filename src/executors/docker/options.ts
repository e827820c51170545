/** How a connector's container is run. */
export interface ContainerOptions {
  /** As `docker run --network` takes it: `host`, `none`, or the name of a network. */
  readonly network?: string | undefined;
  /** Names beside those that are looked up: `database:10.0.0.7`, `host.docker.internal:host-gateway`. */
  readonly extraHosts?: readonly string[] | undefined;
  /** The most it may hold: `512m`, `2g`. */
  readonly memory?: string | undefined;
  /** The most it may use, in processors: `1.5`. */
  readonly cpus?: number | undefined;
  /** Where an image is for several: `linux/arm64`. */
  readonly platform?: string | undefined;
  /**
   * As `docker run --user` takes it. Default: the user who runs Sluice, so that what it writes is theirs. Others but root
   * get copies of their files, and no `/local`.
   */
  readonly user?: string | undefined;
  readonly pull?: 'always' | 'missing' | 'never' | undefined;
}

/** `512m` in bytes; undefined for what is no amount of memory. */
export function bytesOf(memory: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i.exec(memory.trim()) ?? [];
  if (number === undefined) return undefined;
  return Math.round(Number(number) * 1024 ** Math.max(0, 'bkmgt'.indexOf(unit.toLowerCase())));
}
