/** The full-screen button. */
import { element } from "../dom/element";

/** Keyboard Lock: some browsers give a page Escape, Alt+Tab and the like, only in full screen. */
interface KeyboardLock {
  lock?: () => Promise<void>;
  unlock?: () => void;
}

const ALL_KEYS = "Full screen; all keys go to the desktop";
const MOST_KEYS = "Full screen; keys that this browser keeps for itself, such as Ctrl+W, are in the menu Keys";

export class Fullscreen {
  private readonly button = element("tool-fullscreen");
  private readonly keyboard = (navigator as { keyboard?: KeyboardLock }).keyboard;

  constructor(private readonly done: () => void) {
    this.button.hidden = !document.fullscreenEnabled;
    this.button.title = this.keyboard?.lock ? ALL_KEYS : MOST_KEYS;
    this.button.addEventListener("click", () => void this.toggle());
    document.addEventListener("fullscreenchange", () => {
      this.changed();
    });
  }

  private async toggle(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => undefined);
    this.done();
  }

  private changed(): void {
    const on = document.fullscreenElement !== null;
    this.button.setAttribute("aria-pressed", String(on));
    if (on) this.keyboard?.lock?.().catch(() => undefined);
    else this.keyboard?.unlock?.();
  }
}
