/** Decides, from what was heard and when, whether to ask "are you there" and when to give a connection up. */

const QUIET_MS = 5000;
const ANSWER_MS = 9000;
const PROBE_MS = 2000;

export class Liveness {
  /** When something came last. */
  private heardAt: number;
  /** When it was asked what has not been answered yet; null for no question. */
  private askedAt: number | null = null;
  /** Time limit of an answer (ms). */
  private limit = ANSWER_MS;

  constructor(now: number) {
    this.heardAt = now;
  }

  /** `answer`: to what was asked. Anything else may have been on its way since before the page slept. */
  heard(now: number, answer: boolean): void {
    this.heardAt = now;
    if (this.limit === PROBE_MS && !answer) {
      this.askedAt = now;
      return;
    }
    this.askedAt = null;
    this.limit = ANSWER_MS;
  }

  /** Ask at once, with little patience: the page was hidden or offline and the link may be long dead. */
  probe(now: number): "ask" {
    this.askedAt = now;
    this.limit = PROBE_MS;
    return "ask";
  }

  check(now: number): "fine" | "ask" | "dead" {
    if (this.askedAt !== null) return now - this.askedAt >= this.limit ? "dead" : "fine";
    if (now - this.heardAt < QUIET_MS) return "fine";
    this.askedAt = now;
    return "ask";
  }
}
