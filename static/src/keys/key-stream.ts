/** Key events as the desktop is to hear of them: each key is let go of as the key that was pressed. */
import { CommandKey } from "./command-key";
import { isShortcut, latinOf } from "./latin";
import { isModifier, PLAIN, type Stroke, type StrokeType } from "./stroke";

export interface KeySettings {
  /** The keyboard is a Mac's. */
  mac: boolean;
  /** Its Command key is Ctrl with letters. */
  commandIsControl: () => boolean;
}

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
    this.reconcile(stroke);
    const { mac, commandIsControl } = this.settings;
    this.locks = { modifierCapsLock: stroke.modifierCapsLock, modifierNumLock: stroke.modifierNumLock };
    const meant = isShortcut(stroke, mac) ? { ...stroke, key: latinOf(stroke) } : stroke;
    if (mac && commandIsControl() && this.command.press(meant)) return;
    this.send("keydown", meant);
    // macOS does not tell of its release while Command is held.
    if (mac && meant.metaKey && !isModifier(meant)) this.send("keyup", meant);
    else this.down.set(keyId(stroke), meant);
  }

  release(stroke: Stroke): void {
    if (this.command.release(stroke)) return;
    this.reconcile(stroke);
    const pressed = this.down.get(keyId(stroke));
    if (!pressed) return;
    this.down.delete(keyId(stroke));
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

  /** Lets go of all keys but those that are held for others: an input method hears of their release. */
  releaseTyped(): void {
    this.drop((stroke) => !isModifier(stroke));
  }

  /** Lets go of all keys: their release will go elsewhere. */
  releaseAll(): void {
    this.command.drop();
    this.drop(() => true);
  }

  /** Lets go of modifiers that are up: an input method may have heard of that alone. */
  private reconcile(now: Stroke): void {
    // Windows takes AltGr for Control and Alt, and not always says so in the flags.
    if (now.key === "AltGraph" || now.modifierAltGraph) return;
    this.drop((stroke) => {
      const flags = flagsOf(stroke);
      return flags.length > 0 && !flags.some((flag) => now[flag]) && keyId(stroke) !== keyId(now);
    });
  }

  private drop(which: (stroke: Stroke) => boolean): void {
    for (const [place, stroke] of this.down) {
      if (!which(stroke)) continue;
      this.down.delete(place);
      const { key, code, keyCode, location } = stroke;
      this.send("keyup", { ...PLAIN, ...this.locks, key, code, keyCode, location });
    }
  }
}

const FLAGS = {
  Shift: "shiftKey",
  Control: "ctrlKey",
  Alt: "altKey",
  Meta: "metaKey",
  AltGraph: "modifierAltGraph",
} as const;

type Flag = (typeof FLAGS)[keyof typeof FLAGS];

/** One of these browsers set for other keys as long as a modifier is held, whatever its place: users may swap modifiers. */
function flagsOf({ key, code }: Stroke): Flag[] {
  // With Shift, Alt calls itself Meta in some browsers.
  const names = key === "Meta" && code.startsWith("Alt") ? ["Meta", "Alt"] : [key];
  return names.filter((name): name is keyof typeof FLAGS => name in FLAGS).map((name) => FLAGS[name]);
}

/** A name for each key: browsers do not know the places of all. */
function keyId({ code, key }: Stroke): string {
  return code === "" || code === "Unidentified" ? key : code;
}
