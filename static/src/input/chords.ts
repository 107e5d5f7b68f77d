/** Key chords that the page handles: to paste, and to leave the desktop by keyboard. */
import { isCommandChord, latinOf } from "../keys";

/** The fields of a KeyboardEvent that decide on a chord. */
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
 * Whether programs on the desktop paste with this key: Ctrl+V, Ctrl+Shift+V, Shift+Insert, and Command+V, where the
 * Command key of a Mac is Ctrl.
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
 * Detects Ctrl+Alt+Shift pressed together and released with no other key between: the way out of the desktop, which
 * takes all other keys. `feed` returns true at the last release, so that no key stays down on the desktop.
 */
export class EscapeChord {
  /** Modifiers that are down. */
  private readonly down = new Set<string>();
  /** All three were down, with no other key between. */
  private armed = false;

  feed(event: ChordEvent): boolean {
    // Some browsers report Alt as Meta while Shift is held.
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
