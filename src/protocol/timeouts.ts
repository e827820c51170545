/** How long Sluice waits, in milliseconds. `Infinity` turns a limit off. */
export interface Timeouts {
  /** `spec`, `check` and `discover`, from start to answer. */
  readonly commandMs: number;
  /** The source, without any sign of life (record, state, trace or log line) while it is being asked for more. */
  readonly silenceMs: number;
  /** The destination, taking no input and confirming nothing, or not ending after its input has. */
  readonly blockedMs: number;
  /** A destination, to end by itself after its input was cut short by a failure. */
  readonly drainMs: number;
  /** A connector that was asked to stop (SIGTERM), before it is killed (SIGKILL). */
  readonly graceMs: number;
  /** One installation. */
  readonly installMs: number;
}

/**
 * The defaults are those of Airbyte's platform: 9 minutes for a command's answer, 3 hours without a message from the
 * source, 24 hours for a blocked destination, 1 minute for a destination to end after its input was closed. The grace
 * period of 10 seconds is Docker's own and PyAirbyte's.
 */
export const defaultTimeouts: Timeouts = {
  commandMs: 9 * 60_000,
  silenceMs: 3 * 3_600_000,
  blockedMs: 24 * 3_600_000,
  drainMs: 60_000,
  graceMs: 10_000,
  installMs: 15 * 60_000,
};

/** A duration as people say it: `850 ms`, `9 min`, `3 h`. */
export function spokenMs(ms: number): string {
  const unit = units.find(([, size]) => ms >= size);
  if (unit === undefined) return `${Math.round(ms)} ms`;
  const [name, size] = unit;
  return `${Number((ms / size).toFixed(1))} ${name}`;
}

const units = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;
