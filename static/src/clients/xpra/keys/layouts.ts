/** A press of the key that has `character` on its first two levels in `layout` (X11's name of it). */
export interface Press {
  layout: string;
  character: string;
  /** With Shift; null leaves that to the server, which searches the layout for the character. */
  shift: boolean | null;
  /** With AltGr: the server does not search AltGr's levels, so they are listed here. */
  third: boolean;
}

/** Has most characters of Western Europe and America, and accents for more; its first two levels are the American ones. */
export const WESTERN = "eu";

const UNSHIFTED = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./";
const SHIFTED = '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?';

/** Characters with AltGr, and with AltGr and Shift, on the keys in UNSHIFTED; "·" where there is none of use. */
const THIRD: Record<string, readonly [string, string]> = {
  [WESTERN]: [
    "·¡ªº£€··„“”–×æåëýþÿüïöœ«»¬äßðèéùúĳø°·àáçìíñ·òó¿",
    "·¹²³¥¢··‚‘’—÷ÆÅËÝÞŸÜÏÖŒ‹›¦Ä§ÐÈÉÙÚĲØ··ÀÁÇÌÍÑ·ÒÓ…",
  ],
  pl: ["···············ę·····ó····ąś······ł··żźć··ńµ···", "···············Ę·····Ó····ĄŚ······Ł··ŻŹĆ··Ń····"],
  lv: ["···············ē···ūī·····āš··ģ··ķļ··ž·č··ņ····", "···············Ē···ŪĪ·····ĀŠ··Ģ··ĶĻ··Ž·Č··Ņ····"],
};

/** The keys of WESTERN that are accents with AltGr, by Unicode's combining characters. */
const ACCENTS: Record<string, string> = {
  ...{ "\u0300": "`", "\u0303": "~", "\u0302": "6", "\u030c": "^", "\u030a": "7", "\u0304": "&", "\u0301": "'", "\u0308": '"' },
};

/** Other layouts of Latin script, and the letters for which they are needed. */
const LETTERS: Record<string, string> = { hu: "őűŐŰ", tr: "ğışĞİŞ", ro: "ășțĂȘȚ", hr: "đĐ", lt: "ėįųĖĮŲ" };

/** Layouts of other scripts, by the prefix of X11's names of their characters. */
const SCRIPTS: Record<string, string> = {
  ...{ Cyrillic: "ru", Ukrainian: "ua", Byelorussian: "by", Serbian: "rs", Macedonia: "mk", Greek: "gr" },
  ...{ hebrew: "il", Arabic: "ara", Thai: "th", Armenian: "am", Georgian: "ge" },
};

/** Layouts of languages with a variety of a script. */
const VARIETIES: Record<string, Record<string, string>> = {
  Cyrillic: { bg: "bg", be: "by", kk: "kz", mk: "mk", sr: "rs", uk: "ua" },
  Arabic: { fa: "ir" },
};

/**
 * The presses that type a character (`name` is X11's name of it): one key, or an accent and a key. The server types only
 * characters of its layout; `current` is that layout, and stays if possible.
 */
export function pressesFor(character: string, name: string, language: string, current: string): Press[] {
  const here = onAmerican(character, current in THIRD ? current : WESTERN);
  if (here) {
    const stays = current in LETTERS && /[\w.,:;!?-]/.test(character);
    return [stays ? { layout: current, character, shift: null, third: false } : here];
  }
  const third = [current, WESTERN, "pl", "lv"].map((layout) => onThird(character, layout)).find((press) => press !== null);
  if (third) return [third];
  return composed(character) ?? [{ layout: layoutOf(character, name, language) ?? current, character, shift: null, third: false }];
}

function onAmerican(character: string, layout: string): Press | null {
  if (UNSHIFTED.includes(character)) return { layout, character, shift: false, third: false };
  return SHIFTED.includes(character) ? { layout, character, shift: true, third: false } : null;
}

function onThird(character: string, layout: string): Press | null {
  for (const [level, keys] of [UNSHIFTED, SHIFTED].entries()) {
    const at = character === "·" ? -1 : (THIRD[layout]?.[level]?.indexOf(character) ?? -1);
    const key = keys[at];
    if (key !== undefined) return { layout, character: key, shift: level === 1, third: true };
  }
  return null;
}

/** Accent and letter, by Unicode's decomposition of the character; an accent alone is its key twice. */
function composed(character: string): Press[] | null {
  const [letter = "", accent = "", ...more] = character.normalize("NFKD");
  const key = onAmerican(ACCENTS[accent] ?? "none", WESTERN);
  if (!key || more.length > 0) return null;
  const dead = { ...key, third: true };
  const base = letter === " " ? dead : onAmerican(letter, WESTERN);
  return base && [dead, base];
}

function layoutOf(character: string, name: string, language: string): string | undefined {
  const [script = ""] = name.split("_");
  const [short = ""] = language.toLowerCase().split("-");
  if (name.includes("_") && script in SCRIPTS) return VARIETIES[script]?.[short] ?? SCRIPTS[script];
  return Object.keys(LETTERS).find((layout) => LETTERS[layout]?.includes(character));
}
