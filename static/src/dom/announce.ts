import { element } from "./element";

/** Says a text to screen readers. */
export function announce(text: string): void {
  const live = element("live");
  if (live.textContent !== text) live.textContent = text;
}
