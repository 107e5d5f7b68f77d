/** Arrow keys, Home and End move the focus among `items`, one of which is in the Tab order. */
export function roveFocus(container: HTMLElement, items: () => HTMLElement[], keys: { back: string[]; forward: string[] }): void {
  const moveTo = (list: HTMLElement[], index: number): void => {
    const next = list[(index + list.length) % list.length];
    for (const item of list) item.tabIndex = item === next ? 0 : -1;
    next?.focus();
  };
  container.addEventListener("keydown", (event) => {
    const list = items();
    const at = list.indexOf(document.activeElement as HTMLElement);
    const targets: Record<string, number> = { Home: 0, End: -1 };
    for (const key of keys.back) targets[key] = at - 1;
    for (const key of keys.forward) targets[key] = at + 1;
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    moveTo(list, target);
  });
}
