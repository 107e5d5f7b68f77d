/** The element with this id. The template is ours, so a missing element is a bug. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast at the one place that looks elements up
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element "${id}".`);
  return found as E;
}
