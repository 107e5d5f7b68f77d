/** The dock of minimised windows. */
import type { ApplicationWindow } from "./application-window";

const HEIGHT = 44;

export class Dock {
  readonly element = document.createElement("div");

  constructor() {
    this.element.className = "dock";
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Minimised windows");
    this.element.hidden = true;
    // Keys pressed here are not for a program.
    for (const type of ["keydown", "keyup"]) {
      this.element.addEventListener(type, (event) => { event.stopPropagation(); });
    }
  }

  /** In pixels; 0 while the dock is empty. */
  get height(): number {
    return this.element.hidden ? 0 : HEIGHT;
  }

  show(windows: readonly ApplicationWindow[], choose: (window: ApplicationWindow) => void): void {
    this.element.hidden = windows.length === 0;
    this.element.replaceChildren(...windows.map((window) => {
      const item = document.createElement("button");
      item.type = "button";
      item.textContent = item.title = window.metadata.title;
      item.addEventListener("click", () => { choose(window); });
      return item;
    }));
  }
}
