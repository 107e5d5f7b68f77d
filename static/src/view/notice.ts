/** The notice over the desktop: starting, saving, or the connection is lost. */
import { announce } from "../dom/announce";
import { element } from "../dom/element";

export class Notice {
  private readonly box = element("notice");
  private readonly text = element("notice-text");

  constructor(retry: () => void) {
    element("notice-retry").addEventListener("click", retry);
  }

  hide(): void {
    this.box.hidden = true;
    this.text.textContent = "";
  }

  show(kind: "busy" | "lost", text: string): void {
    this.box.dataset["kind"] = kind;
    this.box.hidden = false;
    element("notice-retry").hidden = kind !== "lost";
    if (this.text.textContent === text) return;
    this.text.textContent = text;
    announce(text);
  }
}
