/** The toolbar at the top: opens on hover, click or focus of its handle, and closes again. */
import { element } from "../dom/element";
import { roveFocus } from "../dom/roving";
import type { KeysMenu } from "./keys-menu";

/** Long enough to come back after overshooting, short enough to be out of the way. */
const LINGER_MS = 600;
/** A pointer on its way to something else does not open the bar. */
const HOVER_MS = 120;

export class Toolbar {
  private readonly bar = element("bar");
  private readonly handle = element("handle");
  /** Opens or closes the bar in a moment. */
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly menu: KeysMenu,
    private readonly backToDesktop: () => void,
  ) {
    const { bar, handle } = this;
    handle.addEventListener("animationend", () => { this.known(); });
    handle.addEventListener("click", () => {
      this.show(bar.dataset["open"] !== "true");
    });
    bar.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") this.later(true, HOVER_MS);
    });
    bar.addEventListener("pointerleave", () => {
      if (!bar.contains(document.activeElement)) this.later(false, LINGER_MS);
    });
    bar.addEventListener("focusin", () => {
      this.show(true);
    });
    bar.addEventListener("focusout", () => {
      this.later(false, LINGER_MS);
    });
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!bar.contains(event.target as Node)) this.show(false);
    });
    roveFocus(element("tools"), () => this.items(), { back: ["ArrowLeft"], forward: ["ArrowRight"] });
  }

  /** Opens the bar by keyboard. */
  enter(): void {
    this.show(true);
    this.items()[0]?.focus();
  }

  leave(): void {
    this.backToDesktop();
    this.show(false);
  }

  /** For tools that need a connection. */
  enable(ids: string[], on: boolean): void {
    for (const id of ids) element<HTMLButtonElement>(id).disabled = !on;
  }

  private items(): HTMLElement[] {
    const all = this.bar.querySelectorAll<HTMLElement>("#tools > :not([hidden], :disabled)");
    return [...all];
  }

  private later(open: boolean, ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.show(open || this.bar.matches(":hover, :focus-within"));
    }, ms);
  }

  /** The handle needs its label no longer. */
  private known(): void {
    this.bar.dataset["known"] = "true";
  }

  private show(open: boolean): void {
    clearTimeout(this.timer);
    if (open) this.known();
    this.bar.dataset["open"] = String(open);
    this.handle.setAttribute("aria-expanded", String(open));
    if (!open) this.menu.close();
  }
}
