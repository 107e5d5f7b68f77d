/** Delays before each attempt: growing up to a cap, and jittered so that a room full of pages does not come at once. */

const STEPS_MS = [150, 400, 800, 1600];
/** With the jitter, the desktop is back within 5 s of the link's return. */
const CAP_MS = 3200;
const SHORTEST_MS = 50;

/** The delay after so many attempts in a row, in milliseconds; an attempt that hung for `spent` ms has waited already. */
export function delayBefore(attempts: number, spent: number, random: () => number = Math.random): number {
  const full = STEPS_MS[attempts] ?? CAP_MS;
  return Math.max(SHORTEST_MS, Math.round(full * (0.5 + 0.5 * random())) - spent);
}
