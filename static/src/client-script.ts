import type { OpenClient } from "./client";
import { Failure } from "./failure";
import { element } from "./element";

let attempts = 0;

/** Loads the script that speaks the session's protocol; the page preloads it. */
export async function loadClient(): Promise<OpenClient> {
  const address = new URL(element<HTMLLinkElement>("client").href);
  // A browser may remember that a script could not be loaded.
  if (attempts > 0) address.searchParams.set("attempt", String(attempts));
  try {
    return ((await import(address.href)) as { open: OpenClient }).open;
  } catch {
    attempts += 1;
    throw new Failure("unreachable");
  }
}
