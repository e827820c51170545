/** What is open in this process and would outlive it: children, and private folders with what they hold. */
const open = new Set<() => void>();

/** Has `kill` called when this process must be gone at once; the answer takes that back. */
export function onKillAll(kill: () => void): () => void {
  // An object of its own for each call: one function may be given twice.
  const entry = () => kill();
  open.add(entry);
  return () => void open.delete(entry);
}

/**
 * Kills all children with what they have started, and removes private folders, before it returns: for who cannot wait
 * for a clean end. What was opened last goes first, so that no child is left that could write into its folder.
 */
export function killAllNow(): void {
  const entries = [...open].reverse();
  open.clear();
  for (const entry of entries) {
    try {
      entry();
    } catch {
      // The others have to go nevertheless; the next start sweeps what is left.
    }
  }
}
