/** Focuses an element, unless the user is at work in the page that embeds this one. */
export function takeFocus(element: HTMLElement): void {
  if (window.parent === window || document.hasFocus()) element.focus({ preventScroll: true });
}
