/** Lets go, on the desktop, of the keys that are down when its canvas loses the focus: their release goes elsewhere. */
export function releaseKeysOnBlur(screen: HTMLElement): void {
  const down = new Map<string, string>();
  screen.addEventListener("keydown", ({ code, key }) => down.set(code, key), { capture: true });
  screen.addEventListener("keyup", ({ code }) => down.delete(code), { capture: true });
  screen.addEventListener("focusout", (event) => {
    for (const [code, key] of down) {
      event.target?.dispatchEvent(new KeyboardEvent("keyup", { code, key, bubbles: true, cancelable: true }));
    }
    down.clear();
  });
}
