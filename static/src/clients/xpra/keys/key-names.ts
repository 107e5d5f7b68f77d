/** A key as the browser tells of it. */
export interface Key {
  code: string;
  key: string;
  shiftKey: boolean;
}

/** X11's names of keys that make no character, by the browser's names of their places. */
const PLACES: Record<string, string> = {
  ...{ Escape: "Escape", Tab: "Tab", Enter: "Return", Space: "space", Backspace: "BackSpace" },
  ...{ ShiftLeft: "Shift_L", ShiftRight: "Shift_R", ControlLeft: "Control_L", ControlRight: "Control_R" },
  ...{ AltLeft: "Alt_L", AltRight: "Alt_R", MetaLeft: "Super_L", MetaRight: "Super_R", ContextMenu: "Menu" },
  ...{ CapsLock: "Caps_Lock", NumLock: "Num_Lock", ScrollLock: "Scroll_Lock", Pause: "Pause", PrintScreen: "Print" },
  ...{ Insert: "Insert", Delete: "Delete", Home: "Home", End: "End", PageUp: "Prior", PageDown: "Next" },
  ...{ ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down" },
  ...{ NumpadEnter: "KP_Enter", NumpadAdd: "KP_Add", NumpadSubtract: "KP_Subtract" },
  ...{ NumpadMultiply: "KP_Multiply", NumpadDivide: "KP_Divide", NumpadEqual: "KP_Equal" },
};

/** The number pad without Num Lock. */
const PAD: Record<string, string> = {
  ...{ Insert: "KP_Insert", Delete: "KP_Delete", Home: "KP_Home", End: "KP_End", PageUp: "KP_Prior" },
  ...{ PageDown: "KP_Next", ArrowLeft: "KP_Left", ArrowRight: "KP_Right", ArrowUp: "KP_Up" },
  ...{ ArrowDown: "KP_Down", Clear: "KP_Begin" },
};

/** X11's name of what the key stands for, "" where there is none. `characters` has those of all characters. */
export function nameOf({ code, key, shiftKey }: Key, characters: Record<string, string>): string {
  if (code.startsWith("Numpad") && key in PAD) return PAD[key] ?? "";
  // The server would let go of Shift for a Tab that it knows without only.
  if (code === "Tab" && shiftKey) return "ISO_Left_Tab";
  if (code in PLACES) return PLACES[code] ?? "";
  if (/^F\d+$/.test(key)) return key;
  return characters[key] ?? "";
}

/** Whether the key stands for a character that layouts may have in different places. */
export function dependsOnLayout({ code, key }: Key): boolean {
  return /^.$/u.test(key) && !(code in PLACES);
}

/** The text of a key symbol; X11 has ASCII and Latin-1 as they are. */
export function textOf(keysym: number): string {
  return keysym >= 0x20 && keysym <= 0xff ? String.fromCharCode(keysym) : "";
}

/** The modifiers of an event, as the HTML5 client calls them. */
export function heldBy(event: { getModifierState: (name: string) => boolean }): string[] {
  const held = MODIFIERS.filter(([state]) => event.getModifierState(state)).map(([, name]) => name);
  // The character that AltGr makes is sent by itself; Windows takes AltGr for Control and Alt.
  return event.getModifierState("AltGraph") ? held.filter((name) => name !== "control" && name !== "alt") : held;
}

const MODIFIERS = [
  ["Control", "control"],
  ["Alt", "alt"],
  ["Meta", "meta"],
  ["Shift", "shift"],
  ["CapsLock", "capslock"],
  ["NumLock", "numlock"],
] as const;

/** The modifier that a key holds down, "" for any other key. */
export function modifierOf(code: string): string {
  return /^(Control|Alt|Shift|Meta)(Left|Right)$/.exec(code)?.[1]?.toLowerCase() ?? "";
}
