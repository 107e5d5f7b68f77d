/** Clients, which show a desktop by its protocol: vnc/ and xpra/ are scripts of their own, loaded when needed. */
export type { Client, ClientEvents, ClientModule, Keystroke } from "./client";
export { ClientScripts } from "./client-scripts";
export { hasPixels, onFirstPixels, onPainted } from "./pixels";
