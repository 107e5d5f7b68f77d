/** The Command key of a Mac, which users expect to be Ctrl on the desktop. */
import { isModifier, PLAIN, type Stroke, type StrokeType } from "./stroke";

type Send = (type: StrokeType, stroke: Stroke) => void;

const CONTROL: Stroke = { ...PLAIN, key: "Control", code: "ControlLeft", location: 1, ctrlKey: true };

/** Whether this key with the Command key of a Mac is a Ctrl shortcut. */
export function isCommandChord({ key, ctrlKey, altKey, metaKey }: Pick<Stroke, "key" | "ctrlKey" | "altKey" | "metaKey">): boolean {
  return metaKey && !ctrlKey && !altKey && /^[a-z]$/i.test(key);
}

/**
 * The Command key of a Mac: with a letter it is Ctrl, so its press is held back until the next key. macOS does not report
 * the release of a key pressed with Command, so each letter is released at once.
 */
export class CommandKey {
  /** The press that is held back; null while the key is up. */
  private held: Stroke | null = null;
  /** Not sent yet, sent as Meta, or used as Ctrl. */
  private state: "waiting" | "sent" | "used" = "waiting";

  constructor(private readonly send: Send) {}

  /** Returns whether nothing more is to be done for the key. */
  press(stroke: Stroke): boolean {
    if (stroke.key === "Meta") {
      if (this.held === null) this.state = "waiting";
      this.held ??= stroke;
      return true;
    }
    if (isCommandChord(stroke)) {
      this.withdraw();
      this.strike({ ...stroke, ctrlKey: true, metaKey: false });
      this.state = "used";
      return true;
    }
    if (stroke.metaKey && !isModifier(stroke)) this.forward();
    return false;
  }

  release(stroke: Stroke): boolean {
    const { held } = this;
    if (stroke.key !== "Meta" || held === null) return false;
    // Alone, Command opens menus.
    if (this.state === "waiting") this.forward();
    this.withdraw();
    this.held = null;
    return true;
  }

  /** Sends Command itself: it is held for something other than a letter, such as a click. */
  forward(): void {
    if (this.held === null || this.state === "sent") return;
    this.state = "sent";
    this.send("keydown", this.held);
  }

  /** The focus has gone elsewhere. */
  drop(): void {
    this.withdraw();
    this.held = null;
  }

  private withdraw(): void {
    if (this.held !== null && this.state === "sent") this.send("keyup", { ...this.held, metaKey: false });
    this.state = "used";
  }

  private strike(stroke: Stroke): void {
    const { modifierCapsLock, modifierNumLock } = stroke;
    const control = { ...CONTROL, modifierCapsLock, modifierNumLock };
    this.send("keydown", control);
    this.send("keydown", stroke);
    this.send("keyup", stroke);
    this.send("keyup", { ...control, ctrlKey: false });
  }
}
