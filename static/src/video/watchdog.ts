/** Detects that the worker hangs: a hung worker reports no error, and RFB would leave out the region for ever. */
export class Watchdog {
  /** Checks since the last message. */
  private checks = 0;

  constructor(private readonly most: number) {}

  /** The worker sent a message. */
  heard(): void {
    this.checks = 0;
  }

  /**
   * Whether the worker hangs; called at regular intervals, `expected` while the worker sends messages. Checks are counted, not time:
   * after a pause of the whole page (sleep, a debugger) the worker's messages may arrive after the timer.
   */
  hangs(expected: boolean): boolean {
    this.checks = expected ? this.checks + 1 : 0;
    return this.checks > this.most;
  }
}
