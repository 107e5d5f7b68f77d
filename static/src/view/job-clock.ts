/** Shows the time left of the desktop's job: next to the open toolbar, and by itself when the end is near. */
import type { Job, Session } from "../api";
import { announce } from "../dom/announce";
import { element } from "../dom/element";
import { timeLeft } from "./time-left";

const LOOK_MS = 5000;

export class JobClock {
  private readonly line = element("job");
  /** The job as the server has sent it last. */
  private job: Job | null = null;
  /** How far the server's clock is ahead of this page's, in seconds. */
  private ahead = 0;
  /** Number of warnings announced. */
  private told = 0;
  /** Runs while there is a session. */
  private timer: ReturnType<typeof setInterval> | undefined;

  knows(session: Session): void {
    this.job = session.job;
    this.ahead = (session.job?.now ?? 0) - performance.now() / 1000;
    clearInterval(this.timer);
    this.timer = setInterval(() => { this.show(); }, LOOK_MS);
    this.show();
  }

  hide(): void {
    clearInterval(this.timer);
    this.line.hidden = true;
    this.told = 0;
  }

  private show(): void {
    const { job } = this;
    const ends = job?.ends ?? null;
    this.line.hidden = ends === null;
    if (!job || ends === null) return;
    const left = ends - this.ahead - performance.now() / 1000;
    const passed = job.warnings.filter((seconds) => left <= seconds).length;
    this.line.dataset["near"] = String(passed > 0);
    this.line.dataset["last"] = String(passed > 0 && passed === job.warnings.length);
    const text = passed > 0 ? `The job ends soon: ${timeLeft(left)}. Save your work.` : `Job ${job.id} on ${job.node}: ${timeLeft(left)}`;
    if (this.line.textContent !== text) this.line.textContent = text;
    if (passed > this.told) announce(text);
    this.told = passed;
  }
}
