/** The page's public state: what tests, styles and an embedding page go by. */
import type { LifeState } from "../connection";

export enum PublicState {
  Starting = "starting",
  Connecting = "connecting",
  Connected = "connected",
  Reconnecting = "reconnecting",
  Stopped = "stopped",
  Failed = "failed",
}

/** The public state while the session is on its way, or there; an ending has one of its own. */
export function publicStateOf({ phase, picture, session }: LifeState): PublicState {
  if (phase.name === "connected") return PublicState.Connected;
  if (picture) return PublicState.Reconnecting;
  return session?.reachable ? PublicState.Connecting : PublicState.Starting;
}

/** The kind of display server behind the desktop, for the same readers as the state. */
export function setBackend(backend: string): void {
  document.documentElement.dataset["backend"] = backend;
}

/** The state and reason that were set last. */
let told = "";

/** `reason` tells the cards of one state apart: "signed-out", "elsewhere", or the server's word for what failed. */
export function setPublicState(state: PublicState, reason = ""): void {
  if (told === `${state} ${reason}`) return;
  told = `${state} ${reason}`;
  const { dataset } = document.documentElement;
  dataset["state"] = state;
  if (reason === "") delete dataset["reason"];
  else dataset["reason"] = reason;
  if (window.parent !== window) {
    window.parent.postMessage({ type: "jupyter-desktop", state, session: dataset["session"] }, location.origin);
  }
}
