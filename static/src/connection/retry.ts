import type { Owner } from "../dom/owner";

/**
 * Waits until it is time to try again: after the delay, or at once when the browser is online again, the page
 * becomes visible or the user asks. A hidden page waits until it is looked at.
 */
export class Retry {
  private wake: () => void = () => undefined;

  constructor() {
    addEventListener("online", () => {
      this.now();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
  }

  now(): void {
    this.wake();
  }

  wait(ms: number, owner: Owner): Promise<void> {
    return new Promise((resolve) => {
      const cancel = owner.after(ms, () => {
        if (!document.hidden) resolve();
      });
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
