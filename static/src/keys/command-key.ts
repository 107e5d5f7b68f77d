/** The Command key of a Mac, which users expect to do what Ctrl does here. */
import { isModifier, PLAIN, type Stroke, type StrokeType } from "./stroke";

type Send = (type: StrokeType, stroke: Stroke) => void;

const CONTROL: Stroke = { ...PLAIN, key: "Control", code: "ControlLeft", location: 1, ctrlKey: true };

/** Whether the Command key of a Mac makes a Ctrl shortcut of this key. */
export function isCommandChord({ key, ctrlKey, altKey, metaKey }: Pick<Stroke, "key" | "ctrlKey" | "altKey" | "metaKey">): boolean {
  return metaKey && !ctrlKey && !altKey && /^[a-z]$/i.test(key);
}

/**
 * The Command key of a Mac: with a letter it is Ctrl. So it is held back until the next key shows what it is for. macOS
 * tells of no release of a key that was pressed with it, so each letter is let go at once.
 */
export class CommandKey {
  /** The press that is held back; null while the key is up. */
  private held: Stroke | null = null;
  /** Its state: not told, told as it is, or used as Ctrl. */
  private state: "waiting" | "sent" | "used" = "waiting";

  constructor(private readonly send: Send) {}

  /** Whether the key needs no more to be done. */
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
    // By itself it opens menus.
    if (this.state === "waiting") this.forward();
    this.withdraw();
    this.held = null;
    return true;
  }

  /** It is held for something else than a letter, such as a click. */
  forward(): void {
    if (this.held === null || this.state === "sent") return;
    this.state = "sent";
    this.send("keydown", this.held);
  }

  /** The keyboard belongs to something else now. */
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
