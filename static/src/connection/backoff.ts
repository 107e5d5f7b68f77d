const STEPS_MS = [150, 400, 800, 1600];
/** With the jitter below, the desktop is back within 5 s of the link's return. */
const CAP_MS = 3200;
/** A connection that breaks sooner than this does not start the delays anew. */
const STABLE_MS = 1000;

/** How long to wait before each attempt: growing, jittered so that a room full of pages does not come at once, for ever. */
export class Backoff {
  private attempts = 0;
  private connectedAt: number | null = null;

  constructor(private readonly random: () => number = Math.random) {}

  next(): number {
    const full = STEPS_MS[this.attempts] ?? CAP_MS;
    this.attempts += 1;
    return Math.round(full * (0.5 + 0.5 * this.random()));
  }

  connected(now: number): void {
    this.connectedAt = now;
  }

  lost(now: number): void {
    if (this.connectedAt !== null && now - this.connectedAt >= STABLE_MS) this.attempts = 0;
    this.connectedAt = null;
  }
}
