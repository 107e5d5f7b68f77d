/** Clients, one for each protocol: vnc/ and xpra/ are separate scripts, loaded when needed. */
export type { Client, ClientEvents, ClientModule, Keystroke, Updates } from "./client";
export { ClientScripts } from "./client-scripts";
export { hasPixels, onFirstPixels, onPainted } from "./pixels";
