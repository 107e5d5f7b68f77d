/**
 * Detects keys that compose a character, such as an accent and the letter below it. Only the browser knows the result: it
 * puts the text into the field that has the focus.
 *
 * Engines and systems report these keys in different ways: `Dead` and then keys of a composition (Firefox), keys of an input
 * method (Chromium on Linux, WebKit), or `Dead` and then a letter like any other (Windows).
 */
import { isShortcut } from "./latin";
import { isCharacter, isModifier, type Stroke } from "./stroke";

/** The taker of a key: the desktop; the browser, which composes a text; or nobody. */
export type Taker = "desktop" | "browser" | "nobody";

/** The key code of all keys that an input method takes (UI Events, "Legacy Key & Mouse Event Attributes"). */
const INPUT_METHOD = 229;

export class Composer {
  /** An accent waits for its letter; no event will show that the next key belongs to it. */
  private accent = false;

  constructor(private readonly mac: boolean) {}

  takerOf(stroke: Stroke & { isComposing: boolean }): Taker {
    if (isModifier(stroke)) return "desktop";
    if (stroke.isComposing || stroke.keyCode === INPUT_METHOD || stroke.key === "Process") return "browser";
    // A shortcut makes no accent.
    if (stroke.key === "Dead" && isShortcut(stroke, this.mac)) return "desktop";
    if (stroke.key === "Dead") {
      this.accent = true;
      return "browser";
    }
    if (!this.accent) return "desktop";
    if (isCharacter(stroke) && !isShortcut(stroke, this.mac)) return "browser";
    this.accent = false;
    return stroke.key === "Backspace" || stroke.key === "Escape" ? "nobody" : "desktop";
  }

  /** The composition has ended, with a text or without. */
  done(): void {
    this.accent = false;
  }
}
