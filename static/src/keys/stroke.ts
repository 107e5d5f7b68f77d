/** A press or release of a key: the fields of a KeyboardEvent. */
export interface Stroke {
  key: string;
  code: string;
  keyCode: number;
  location: number;
  repeat: boolean;
  ctrlKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  modifierAltGraph: boolean;
  modifierCapsLock: boolean;
  modifierNumLock: boolean;
}

export type StrokeType = "keydown" | "keyup";

/** A key without modifiers. */
export const PLAIN: Readonly<Stroke> = {
  ...{ key: "", code: "", keyCode: 0, location: 0, repeat: false },
  ...{ ctrlKey: false, shiftKey: false, altKey: false, metaKey: false },
  ...{ modifierAltGraph: false, modifierCapsLock: false, modifierNumLock: false },
};

export function strokeOf(event: KeyboardEvent): Stroke {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else marks keys that an input method takes
  const { key, code, keyCode, location, repeat, ctrlKey, shiftKey, altKey, metaKey } = event;
  return {
    ...{ key, code, keyCode, location, repeat, ctrlKey, shiftKey, altKey, metaKey },
    modifierAltGraph: event.getModifierState("AltGraph"),
    modifierCapsLock: event.getModifierState("CapsLock"),
    modifierNumLock: event.getModifierState("NumLock"),
  };
}

export function eventOf(type: StrokeType, stroke: Stroke): KeyboardEvent {
  return new KeyboardEvent(type, { ...stroke, bubbles: true, cancelable: true });
}

const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "NumLock", "ScrollLock", "Fn"];

export function isModifier({ key }: { key: string }): boolean {
  return MODIFIERS.includes(key);
}

/** Whether the key stands for one character. */
export function isCharacter({ key }: { key: string }): boolean {
  return /^.$/u.test(key);
}
