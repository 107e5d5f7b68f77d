/** Chords that the page hears itself: to paste, and to leave the desktop by keyboard. */
import { isCommandChord, latinOf } from "../keys";

export interface ChordEvent {
  type: string;
  key: string;
  code: string;
  ctrlKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/**
 * Ctrl+V, Ctrl+Shift+V and Shift+Insert: what programs on the desktop paste with; and Command+V, where the Command key of
 * a Mac is Ctrl for them.
 */
export function isPasteChord(event: ChordEvent, commandIsControl: boolean): boolean {
  const { type, code, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (type !== "keydown" || altKey) return false;
  const key = latinOf(event);
  const command = commandIsControl && isCommandChord({ key, ctrlKey, altKey, metaKey });
  if (metaKey && !command) return false;
  if (code === "Insert") return shiftKey && !ctrlKey;
  return (ctrlKey || command) && key.toLowerCase() === "v";
}

const MODIFIERS = ["Control", "Alt", "Shift"];

/**
 * Sees Ctrl+Alt+Shift pressed together and let go with no other key between: the way out of the desktop, which
 * swallows all other keys. True comes with the last release, so that no key stays down over there.
 */
export class EscapeChord {
  private readonly down = new Set<string>();
  /** All of them were down, and no other key came between. */
  private armed = false;

  feed(event: ChordEvent): boolean {
    // Alt with Shift held reports itself as Meta in some browsers.
    const name = event.key === "Meta" && event.code.startsWith("Alt") ? "Alt" : event.key;
    if (!MODIFIERS.includes(name)) {
      this.armed = false;
      return false;
    }
    if (event.type === "keydown") {
      this.down.add(name);
      if (this.down.size === MODIFIERS.length) this.armed = true;
      return false;
    }
    this.down.delete(name);
    const complete = this.armed && this.down.size === 0;
    if (complete) this.armed = false;
    return complete;
  }

  reset(): void {
    this.down.clear();
    this.armed = false;
  }
}
