export enum State {
  Starting = "starting",
  Connecting = "connecting",
  Connected = "connected",
  Reconnecting = "reconnecting",
  Stopped = "stopped",
  Failed = "failed",
}

let told = "";

/** The kind of display server behind the desktop, for the same readers as the state. */
export function setBackend(backend: string): void {
  document.documentElement.dataset["backend"] = backend;
}

/**
 * Puts the page's state where tests, styles and an embedding page find it. `reason` tells the cards of one state
 * apart: "signed-out", "elsewhere", or the server's word for what failed.
 */
export function setState(state: State, reason = ""): void {
  const { dataset } = document.documentElement;
  dataset["state"] = state;
  if (reason === "") delete dataset["reason"];
  else dataset["reason"] = reason;
  if (told === `${state} ${reason}`) return;
  told = `${state} ${reason}`;
  if (window.parent !== window) {
    window.parent.postMessage({ type: "jupyter-desktop", state, session: dataset["session"] }, location.origin);
  }
}
