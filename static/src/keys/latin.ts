/** Shortcuts are named by Latin letters, whatever alphabet a keyboard has. */
import type { Stroke } from "./stroke";

type Held = Pick<Stroke, "ctrlKey" | "altKey" | "metaKey" | "modifierAltGraph">;
type Place = Pick<Stroke, "key" | "code" | "shiftKey">;

/** Other keys than letters and digits that have letters in some alphabets: what is on them in America. */
const AMERICAN: Record<string, string> = {
  ...{ Backquote: "`~", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|" },
  ...{ Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?" },
};

/** Whether what is held makes a shortcut of the key, rather than another character. */
export function isShortcut({ ctrlKey, altKey, metaKey, modifierAltGraph }: Held, mac: boolean): boolean {
  if (modifierAltGraph) return false;
  // Option makes characters on a Mac.
  return ctrlKey || metaKey || (altKey && !mac);
}

/**
 * The key as programs know it in shortcuts: of an accent, or a letter or digit outside Latin, what its place has on an
 * American keyboard. Latin layouts keep theirs, wherever they have it.
 */
export function latinOf({ key, code, shiftKey }: Place): string {
  if (key !== "Dead" && isLatin(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return shiftKey ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  return digit ?? AMERICAN[code]?.charAt(Number(shiftKey)) ?? key;
}

/** Whether programs know it in shortcuts: it is no letter or digit, or one of Latin. */
function isLatin(key: string): boolean {
  return !/^[\p{L}\p{N}\p{M}]$/u.test(key) || /^[\p{Script=Latin}\p{ASCII}]$/u.test(key);
}
