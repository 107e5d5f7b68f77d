/**
 * Has the focus for the desktop. It is editable, since browsers put accents and letters together, run input methods, and
 * (Firefox) hand over the clipboard at Ctrl+Shift+V and Shift+Insert only where something editable has the focus. No text
 * stays in it: keys are taken before they write, and what the browser has put together is passed on.
 */
import { Composer, strokeOf } from "../keys";

/**
 * Changes that browsers make of keys (Input Events, "inputType"). All others are kept out: the browser's menu could paste
 * where the clipboard is not to reach the desktop.
 */
const TYPED = ["insertText", "insertReplacementText", "insertCompositionText", "insertFromComposition", "deleteCompositionText"];

export class KeyField {
  readonly element = document.createElement("div");
  /** Takes a text that the browser has put together from several keys. */
  ontext: (text: string) => void = () => undefined;
  /** Hears that the browser takes keys. */
  oncompose: () => void = () => undefined;
  private readonly composer: Composer;

  /** Listens before all others that are made later for the same screen. */
  constructor(screen: HTMLElement, mac: boolean) {
    const { element } = this;
    this.composer = new Composer(mac);
    element.className = "key-field";
    element.contentEditable = "true";
    // A touch must not bring up a keyboard over half of the desktop.
    element.inputMode = "none";
    element.autocapitalize = "off";
    element.spellcheck = false;
    element.translate = false;
    element.setAttribute("autocorrect", "off");
    element.hidden = true;
    screen.append(element);
    screen.addEventListener("keydown", this.sort, { capture: true });
    element.addEventListener("beforeinput", (event) => {
      if (!TYPED.includes(event.inputType)) event.preventDefault();
    });
    element.addEventListener("input", (event) => {
      if (!(event as InputEvent).isComposing) this.drain();
    });
    element.addEventListener("compositionend", () => { this.drain(); });
    element.addEventListener("blur", () => { this.clear(); });
    element.addEventListener("contextmenu", (event) => { event.preventDefault(); });
  }

  private readonly sort = (event: KeyboardEvent): void => {
    if (!event.isTrusted || event.target !== this.element) return;
    const { isComposing } = event;
    const taker = this.composer.takerOf({ ...strokeOf(event), isComposing });
    if (taker === "desktop") return;
    event.stopImmediatePropagation();
    if (taker === "nobody") event.preventDefault();
    else this.oncompose();
  };

  private drain(): void {
    const text = this.element.textContent;
    this.clear();
    if (text) this.ontext(text);
  }

  private clear(): void {
    this.composer.done();
    if (this.element.hasChildNodes()) this.element.replaceChildren();
  }
}
