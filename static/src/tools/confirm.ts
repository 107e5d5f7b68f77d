/** Asks for confirmation before an action that may lose work. */
import { element } from "../dom/element";

export function confirm(title: string, text: string, action: string): Promise<boolean> {
  const dialog = element<HTMLDialogElement>("confirm");
  element("confirm-title").textContent = title;
  element("confirm-text").textContent = text;
  element("confirm-yes").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = (): void => {
      resolve(dialog.returnValue === "yes");
    };
    dialog.addEventListener("close", closed, { once: true });
  });
}
