/** Passes keys from the key field to the client, for any protocol. */
import type { Client } from "../clients";
import { eventOf, type KeySettings, KeyStream, strokeOf } from "../keys";
import type { InputGate } from "./input-gate";
import type { KeyField } from "./key-field";

export class KeyInput {
  /** Goes to the client of the current connection; null while there is none. */
  private stream: KeyStream | null = null;

  constructor(
    private readonly field: KeyField,
    screen: HTMLElement,
    gate: InputGate,
    private readonly settings: KeySettings,
  ) {
    const { element } = field;
    for (const type of ["keydown", "keyup"] as const) {
      element.addEventListener(type, (event) => {
        event.preventDefault();
        if (type === "keydown") this.stream?.press(strokeOf(event));
        else this.stream?.release(strokeOf(event));
      });
    }
    element.addEventListener("blur", () => {
      gate.pass(() => { this.stream?.releaseAll(); });
    });
    for (const type of ["pointerdown", "wheel"]) {
      screen.addEventListener(type, () => { this.stream?.point(); }, { capture: true, passive: true });
    }
    field.oncompose = () => {
      gate.pass(() => { this.stream?.releaseTyped(); });
    };
    field.ontext = (text) => {
      gate.pass(() => { this.stream?.type(text); });
    };
  }

  /** Sends keys to `client` from now on; with null, to none. */
  attach(client: Client | null): void {
    const send: ConstructorParameters<typeof KeyStream>[0] = (type, stroke) => { client?.key(eventOf(type, stroke)); };
    this.stream = client ? new KeyStream(send, this.settings) : null;
    this.field.element.hidden = client === null;
  }
}
