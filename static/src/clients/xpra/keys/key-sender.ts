/** Sends keys to Xpra's server. */
import { isModifier } from "../../../keys";
import type { Keystroke } from "../../client";
import { toBytes } from "../wire/byte-text";
import { heldBy, dependsOnLayout, type Key, modifierOf, nameOf, textOf } from "./key-names";
import { type Press, pressesFor, WESTERN } from "./layouts";

/** Above the browser's key codes. */
const FIRST_NUMBER = 1000;

/** The receiver of keys. */
export interface Target {
  /** The window that has the focus. */
  focused(): number;
  /** Whether the desk handles the key itself. */
  takes(key: Key, down: boolean, held: readonly string[]): boolean;
}

/** Turns key events into Xpra's packets. */
export class KeySender {
  /** Key numbers by `code`. */
  private readonly numbers = new Map<string, number>();
  /** The layout that was sent to the server last. */
  private layout = WESTERN;

  constructor(
    private readonly client: XpraClient,
    private readonly target: Target,
  ) {}

  /** Held keys repeat here, not on the server, which may learn of the release late over a slow connection. */
  hear(event: KeyboardEvent): void {
    const held = heldBy(event);
    if (event.repeat) {
      if (isModifier(event)) return;
      // The server ignores a second press of a key that is down.
      this.key(event, false, held);
    }
    this.key(event, event.type === "keydown", held);
  }

  press(keys: readonly Keystroke[]): void {
    const held: string[] = [];
    const send = ([keysym, code]: Keystroke, down: boolean): void => {
      this.key({ code, key: textOf(keysym) || code, shiftKey: false }, down, [...held]);
    };
    for (const keystroke of keys) {
      send(keystroke, true);
      held.push(modifierOf(keystroke[1]));
    }
    for (const keystroke of [...keys].reverse()) {
      held.pop();
      send(keystroke, false);
    }
  }

  private key(key: Key, down: boolean, held: string[]): void {
    if (this.target.takes(key, down, held)) return;
    const name = nameOf(key, CHAR_TO_NAME);
    if (name === "") return;
    if (dependsOnLayout(key)) this.character(key, name, down, held);
    else this.send(key.code, name, key.key, down, this.client.translate_modifiers(held));
  }

  private character({ code, key }: Key, name: string, down: boolean, held: string[]): void {
    const presses = pressesFor(key, name, navigator.language, this.layout);
    const last = presses.pop();
    if (!last) return;
    if (down) this.switchLayout(last.layout);
    for (const accent of down ? presses : []) {
      this.strike("accent", accent, true, held);
      this.strike("accent", accent, false, held);
    }
    this.strike(code, last, down, held);
  }

  private strike(code: string, { character, shift, third }: Press, down: boolean, held: string[]): void {
    // Caps Lock inverts Shift for letters.
    const turned = held.includes("capslock") && /[a-z]/i.test(character);
    const others = shift === null ? held : held.filter((modifier) => modifier !== "shift");
    const modifiers = this.client.translate_modifiers(shift !== null && shift !== turned ? [...others, "shift"] : others);
    if (third) modifiers.push(this.client.altgr_modifier ?? THIRD_LEVEL);
    this.send(code, CHAR_TO_NAME[character] ?? character, character, down, modifiers);
  }

  private send(code: string, name: string, text: string, down: boolean, modifiers: string[]): void {
    const number = this.numberOf(code);
    this.client.send(["key-action", this.target.focused(), name, down, modifiers, number, toBytes(text), number, 0]);
  }

  private switchLayout(layout: string): void {
    if (layout === this.layout) return;
    this.layout = layout;
    this.client.send(["layout-changed", layout, ""]);
  }

  /** The server identifies a released key by its number, so each physical key has its own. */
  private numberOf(code: string): number {
    const number = this.numbers.get(code) ?? this.numbers.size + FIRST_NUMBER;
    this.numbers.set(code, number);
    return number;
  }
}

/** X11's usual modifier for AltGr. */
const THIRD_LEVEL = "mod5";
