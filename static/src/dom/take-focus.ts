/** Focuses an element, unless the focus is in the page that embeds this one. */
export function takeFocus(element: HTMLElement): void {
  if (window.parent === window || document.hasFocus()) element.focus({ preventScroll: true });
}
