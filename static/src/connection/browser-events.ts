/** The browser's events about the page and the network, as events of the machine. */
import type { LifeEvent } from "./state";

export function listenToBrowser(tell: (event: LifeEvent) => void): void {
  document.addEventListener("visibilitychange", () => {
    tell({ kind: document.hidden ? "hidden" : "shown" });
  });
  addEventListener("online", () => {
    tell({ kind: "online" });
  });
  addEventListener("offline", () => {
    tell({ kind: "offline" });
  });
  // A page restored from the back/forward cache has lost its connection without a close event.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) tell({ kind: "thawed" });
  });
}
