/** The menu of keys to press on the desktop. */
import type { Keystroke } from "../clients";
import { element } from "../dom/element";
import { roveFocus } from "../dom/roving";
import { KEY_LIST } from "./key-list";

export class KeysMenu {
  private readonly menu = element("keys");
  private readonly button = element("tool-keys");

  constructor(private readonly press: (keys: readonly Keystroke[]) => void) {
    this.menu.append(...KEY_LIST.map(([label, keys]) => this.item(label, keys)));
    roveFocus(this.menu, () => this.items(), { back: ["ArrowUp", "ArrowLeft"], forward: ["ArrowDown", "ArrowRight"] });
    this.button.addEventListener("click", () => {
      if (this.opened) this.close();
      else this.open();
    });
    this.menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.button.focus();
    });
  }

  get opened(): boolean {
    return !this.menu.hidden;
  }

  close(): void {
    this.show(false);
  }

  private open(): void {
    this.show(true);
    this.items()[0]?.focus();
  }

  private show(on: boolean): void {
    this.menu.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
  }

  private items(): HTMLElement[] {
    return [...this.menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
  }

  private item(label: string, keys: readonly Keystroke[]): HTMLElement {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
    item.textContent = label;
    item.addEventListener("click", () => {
      this.close();
      this.press(keys);
    });
    return item;
  }
}
