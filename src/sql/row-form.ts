/**
 * How a record was spelled beyond what its columns say. Most sources spell all their records alike, so that the number
 * that says it costs nothing to keep, and the line itself need not be kept.
 */
export const rowForm = {
  /** A NULL stands for a field that was not there, rather than for a null. */
  absent: 1,
  /** UTC is written `+00:00` rather than `Z`. */
  offset: 2,
  /** A part of the key was nulled because its column cannot hold it: the row matches no other. */
  keyless: 4,
} as const;
