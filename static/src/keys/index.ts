/** Translates users' keys for the desktop; has no elements or listeners. */
export { isCommandChord } from "./command-key";
export { Composer } from "./composer";
export { type KeySettings, KeyStream } from "./key-stream";
export { latinOf } from "./latin";
export { eventOf, isModifier, strokeOf, type StrokeType } from "./stroke";
