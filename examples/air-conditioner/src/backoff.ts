/** How long to wait before the next attempt to connect: doubling, bounded, and spread so that a fleet does not come at once. */

/** A broker that restarts is back within a second or two. */
const FIRST_MS = 500;
/** A person who repairs something should not wait longer for the unit to notice. */
const MOST_MS = 30_000;
/** Share of the delay that is random. */
const SPREAD = 0.4;

/** `failures` counts from 1; `random` lies in [0, 1). */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(full * (1 - SPREAD * random));
}
