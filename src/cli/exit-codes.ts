/** What the shell is told: how it went, and whose turn it is. Signals add 128 to their number. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** What a command does with its exit code. */
export type Finish = (exitCode: number) => void;
