/**
 * The element that has the focus for the desktop. It is editable: only then do browsers compose accents and letters, run
 * input methods, and (Firefox) send paste events at Ctrl+Shift+V and Shift+Insert. No text stays in it: keys are taken
 * before they write, and composed text is passed on.
 */
import { Composer, strokeOf } from "../keys";

/**
 * Changes by keys (Input Events, "inputType"). All others are prevented: the browser's menu could paste although the
 * administrator does not allow it.
 */
const TYPED = ["insertText", "insertReplacementText", "insertCompositionText", "insertFromComposition", "deleteCompositionText"];

export class KeyField {
  readonly element = document.createElement("div");
  /** Called with a text that the browser has composed from several keys. */
  ontext: (text: string) => void = () => undefined;
  /** Called when the browser takes a key. */
  oncompose: () => void = () => undefined;
  private readonly composer: Composer;

  /** Must be created before other listeners for keys of the same screen. */
  constructor(screen: HTMLElement, mac: boolean) {
    const { element } = this;
    this.composer = new Composer(mac);
    element.className = "key-field";
    element.contentEditable = "true";
    // A touch must not open an on-screen keyboard over half of the desktop.
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
