import { element } from "./element";

/** Says a text to screen readers. */
export function announce(text: string): void {
  element("live").textContent = text;
}
