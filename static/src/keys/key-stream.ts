import { CommandKey } from "./command-key";
import { isShortcut, latinOf } from "./latin";
import { isModifier, PLAIN, type Stroke, type StrokeType } from "./stroke";

export interface KeySettings {
  /** The keyboard is a Mac's. */
  mac: boolean;
  /** Its Command key is Ctrl with letters. */
  commandIsControl: () => boolean;
}

/** What happens on the keyboard, as the desktop is to hear of it: whatever has been pressed is let go of as the same key. */
export class KeyStream {
  private readonly down = new Map<string, Stroke>();
  private readonly command: CommandKey;
  /** Caps Lock and Num Lock, as the last key told of them. */
  private locks: Partial<Stroke> = {};

  constructor(
    private readonly send: (type: StrokeType, stroke: Stroke) => void,
    private readonly settings: KeySettings,
  ) {
    this.command = new CommandKey(send);
  }

  press(stroke: Stroke): void {
    const { mac, commandIsControl } = this.settings;
    this.locks = { modifierCapsLock: stroke.modifierCapsLock, modifierNumLock: stroke.modifierNumLock };
    const meant = isShortcut(stroke, mac) ? { ...stroke, key: latinOf(stroke) } : stroke;
    if (mac && commandIsControl() && this.command.press(meant)) return;
    this.send("keydown", meant);
    // macOS does not tell of its release while Command is held.
    if (mac && meant.metaKey && !isModifier(meant)) this.send("keyup", meant);
    else this.down.set(meant.code, meant);
  }

  release(stroke: Stroke): void {
    if (this.command.release(stroke)) return;
    const pressed = this.down.get(stroke.code);
    if (!pressed) return;
    this.down.delete(stroke.code);
    this.send("keyup", { ...stroke, key: pressed.key, location: pressed.location });
  }

  /** Characters that are on no single key. */
  type(text: string): void {
    for (const character of text) {
      const key = character === "\n" ? "Enter" : character;
      const stroke = { ...PLAIN, ...this.locks, key, code: key === "Enter" ? key : "" };
      this.send("keydown", stroke);
      this.send("keyup", stroke);
    }
  }

  /** The pointer is used: a Command key that is held belongs to that. */
  point(): void {
    this.command.forward();
  }

  /** Lets go of all keys: their release will go elsewhere. */
  releaseAll(): void {
    this.command.drop();
    for (const stroke of this.down.values()) this.send("keyup", { ...PLAIN, ...this.locks, key: stroke.key, code: stroke.code, location: stroke.location });
    this.down.clear();
  }
}
