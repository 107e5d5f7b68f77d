/** Key events for the desktop: each key is released as the key that was pressed. */
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
  /** Keys that are down, by `keyId`, as sent. */
  private readonly down = new Map<string, Stroke>();
  private readonly command: CommandKey;
  /** Caps Lock and Num Lock, as of the last key. */
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
    // macOS does not report its release while Command is held.
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

  /** Types characters that are on no single key. */
  type(text: string): void {
    for (const character of text) {
      const key = character === "\n" ? "Enter" : character;
      const stroke = { ...PLAIN, ...this.locks, key, code: key === "Enter" ? key : "" };
      this.send("keydown", stroke);
      this.send("keyup", stroke);
    }
  }

  /** The pointer is used: a held Command key applies to it. */
  point(): void {
    this.command.forward();
  }

  /** Releases all keys but modifiers: an input method gets the release of the keys that it takes. */
  releaseTyped(): void {
    this.drop((stroke) => !isModifier(stroke));
  }

  /** Releases all keys: their release events will go elsewhere. */
  releaseAll(): void {
    this.command.drop();
    this.drop(() => true);
  }

  /** Releases modifiers that are up: an input method may have taken the release event. */
  private reconcile(now: Stroke): void {
    // Windows reports AltGr as Control and Alt, but not always in the flags.
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

/** Browsers set one of these flags for other keys while this modifier is held. By `key`: users may swap modifiers. */
function flagsOf({ key, code }: Stroke): Flag[] {
  // Some browsers report Alt as Meta while Shift is held.
  const names = key === "Meta" && code.startsWith("Alt") ? ["Meta", "Alt"] : [key];
  return names.filter((name): name is keyof typeof FLAGS => name in FLAGS).map((name) => FLAGS[name]);
}

/** Identifies a physical key; browsers do not know the `code` of all. */
function keyId({ code, key }: Stroke): string {
  return code === "" || code === "Unidentified" ? key : code;
}
