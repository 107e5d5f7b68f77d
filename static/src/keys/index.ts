/** Meaning of users' keys on a desktop: no element, no listener. */
export { isCommandChord } from "./command-key";
export { Composer } from "./composer";
export { type KeySettings, KeyStream } from "./key-stream";
export { latinOf } from "./latin";
export { eventOf, isModifier, strokeOf, type StrokeType } from "./stroke";
