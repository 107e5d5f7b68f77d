/** The page's public state, for tests, styles and an embedding page. */
import type { LifeState } from "../connection";

export enum PublicState {
  Starting = "starting",
  Connecting = "connecting",
  Connected = "connected",
  Reconnecting = "reconnecting",
  Stopped = "stopped",
  Failed = "failed",
}

/** The public state before an ending, which has its own. */
export function publicStateOf({ phase, picture, session }: LifeState): PublicState {
  if (phase.name === "connected") return PublicState.Connected;
  if (picture) return PublicState.Reconnecting;
  return session?.reachable ? PublicState.Connecting : PublicState.Starting;
}

/** Publishes the kind of display server, like the state. */
export function setBackend(backend: string): void {
  document.documentElement.dataset["backend"] = backend;
}

/** The state and reason that were set last, with a space between; empty before the first ones. */
let told = "";

/** `reason` distinguishes the cards of one state: "signed-out", "elsewhere", or the `reason` of a Problem. */
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
