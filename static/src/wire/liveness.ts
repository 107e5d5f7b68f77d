/** Decides from the times of messages when to send a ping, and when to give up a connection. */

const QUIET_MS = 5000;
const ANSWER_MS = 9000;
const PROBE_MS = 2000;

export class Liveness {
  /** Time of the last message. */
  private heardAt: number;
  /** Time of the ping that is not answered yet; null if there is none. */
  private askedAt: number | null = null;
  /** Time limit of an answer (ms). */
  private limit = ANSWER_MS;

  constructor(now: number) {
    this.heardAt = now;
  }

  /** `answer`: the message answers a ping. Any other may have been on its way since before the page slept. */
  heard(now: number, answer: boolean): void {
    this.heardAt = now;
    if (this.limit === PROBE_MS && !answer) {
      this.askedAt = now;
      return;
    }
    this.askedAt = null;
    this.limit = ANSWER_MS;
  }

  /** Pings at once, with a short time limit: the page was hidden or offline, and the link may be dead. */
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
