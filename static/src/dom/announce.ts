/** Announces a text to screen readers. */
import { element } from "./element";

export function announce(text: string): void {
  const live = element("live");
  if (live.textContent !== text) live.textContent = text;
}
