/** Follows the pointer from a press until the release. Returns a function that ends the drag. */
export function drag(
  start: { clientX: number; clientY: number },
  moved: (dx: number, dy: number) => void,
  ended: () => void,
): () => void {
  const over = new AbortController();
  const end = (): void => {
    if (over.signal.aborted) return;
    over.abort();
    ended();
  };
  const { signal } = over;
  addEventListener("pointermove", (event) => {
    if (event.buttons === 0) end();
    else moved(event.clientX - start.clientX, event.clientY - start.clientY);
  }, { signal });
  for (const type of ["pointerup", "pointercancel", "blur"]) addEventListener(type, end, { signal });
  return end;
}
