/** A key as the browser reports it. */
export interface Key {
  code: string;
  key: string;
  shiftKey: boolean;
}

/** X11's names of keys without a character, by `code`. */
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

/** X11's names of the number pad's keys without Num Lock, by `key`. */
const PAD: Record<string, string> = {
  ...{ Insert: "KP_Insert", Delete: "KP_Delete", Home: "KP_Home", End: "KP_End", PageUp: "KP_Prior" },
  ...{ PageDown: "KP_Next", ArrowLeft: "KP_Left", ArrowRight: "KP_Right", ArrowUp: "KP_Up" },
  ...{ ArrowDown: "KP_Down", Clear: "KP_Begin" },
};

/** X11's keysym name of the key, "" if there is none. `characters` has the names of all characters. */
export function nameOf({ code, key, shiftKey }: Key, characters: Record<string, string>): string {
  if (code.startsWith("Numpad") && key in PAD) return PAD[key] ?? "";
  // The server would release Shift for a Tab, which its layout has only without Shift.
  if (code === "Tab" && shiftKey) return "ISO_Left_Tab";
  if (code in PLACES) return PLACES[code] ?? "";
  if (/^F\d+$/.test(key)) return key;
  return characters[key] ?? "";
}

/** Whether the key stands for a character whose physical key depends on the layout. */
export function dependsOnLayout({ code, key }: Key): boolean {
  return /^.$/u.test(key) && !(code in PLACES);
}

/** The text of a keysym; those of Latin-1 are character codes. */
export function textOf(keysym: number): string {
  return keysym >= 0x20 && keysym <= 0xff ? String.fromCharCode(keysym) : "";
}

/** The modifiers of an event, by the HTML5 client's names. */
export function heldBy(event: { getModifierState: (name: string) => boolean }): string[] {
  const held = MODIFIERS.filter(([state]) => event.getModifierState(state)).map(([, name]) => name);
  // AltGr's character is sent without AltGr; Windows reports AltGr as Control and Alt.
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

/** The modifier of a modifier key, "" for any other key. */
export function modifierOf(code: string): string {
  return /^(Control|Alt|Shift|Meta)(Left|Right)$/.exec(code)?.[1]?.toLowerCase() ?? "";
}
