/** Retry delays: they grow up to a cap, with jitter so that many pages do not reconnect at the same moment. */

const STEPS_MS = [150, 400, 800, 1600];
/** With the jitter, the desktop is back within 5 s of the link's return. */
const CAP_MS = 3200;
const SHORTEST_MS = 50;

/** The delay (ms) after `attempts` attempts in a row, less the `spent` ms for which the last one hung. */
export function delayBefore(attempts: number, spent: number, random: () => number = Math.random): number {
  const full = STEPS_MS[attempts] ?? CAP_MS;
  return Math.max(SHORTEST_MS, Math.round(full * (0.5 + 0.5 * random())) - spent);
}
