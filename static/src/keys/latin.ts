/** Shortcuts have Latin letters, on keyboards of any alphabet. */
import type { Stroke } from "./stroke";

type Held = Pick<Stroke, "ctrlKey" | "altKey" | "metaKey" | "modifierAltGraph">;
type Place = Pick<Stroke, "key" | "code" | "shiftKey">;

/** Characters, on American keyboards, of keys that have letters in some other alphabets. */
const AMERICAN: Record<string, string> = {
  ...{ Backquote: "`~", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|" },
  ...{ Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?" },
};

/** Whether the held modifiers make a shortcut of the key, rather than another character. */
export function isShortcut({ ctrlKey, altKey, metaKey, modifierAltGraph }: Held, mac: boolean): boolean {
  if (modifierAltGraph) return false;
  // Option makes characters on a Mac.
  return ctrlKey || metaKey || (altKey && !mac);
}

/**
 * The key as programs know it in shortcuts: for an accent, or a letter or digit outside Latin, the character of the
 * physical key on an American keyboard. Latin layouts keep their own characters.
 */
export function latinOf({ key, code, shiftKey }: Place): string {
  if (key !== "Dead" && isLatin(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return shiftKey ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  return digit ?? AMERICAN[code]?.charAt(Number(shiftKey)) ?? key;
}

/** Whether programs know the key in shortcuts: it is not a letter or digit, or a Latin one. */
function isLatin(key: string): boolean {
  return !/^[\p{L}\p{N}\p{M}]$/u.test(key) || /^[\p{Script=Latin}\p{ASCII}]$/u.test(key);
}
