import { hostname } from 'node:os';
import { isRunning, processIdentitySchema } from '../process-identity.ts';
import { hostLabel, ownerLabel } from './container.ts';
import type { Engine } from './engine.ts';

/**
 * Removes containers of ours whose Sluice is gone, killed before it could. Only those of this machine: of others it
 * cannot be told. Never fails: it is a favour to the last run, not a part of this one.
 */
export async function sweepContainers({ docker }: Engine): Promise<void> {
  try {
    const filters = { label: [ownerLabel, `${hostLabel}=${hostname()}`] };
    const found = await docker.listContainers({ all: true, filters });
    await Promise.all(
      found.map(async ({ Id, Labels }) => {
        const owner = processIdentitySchema.safeParse(JSON.parse(Labels[ownerLabel] ?? ''));
        if (!owner.success || (await isRunning(owner.data))) return;
        await docker.getContainer(Id).remove({ force: true, v: true });
      }),
    );
  } catch {
    // Whatever is wrong with one of them is left as it is.
  }
}
