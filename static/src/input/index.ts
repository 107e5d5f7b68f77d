/** Passes keys and mouse buttons from the browser to the desktop. */
export { EscapeChord, isPasteChord } from "./chords";
export { CommandSwitch } from "./command-switch";
export { InputGate } from "./input-gate";
export { KeyField } from "./key-field";
export { KeyInput } from "./key-input";
