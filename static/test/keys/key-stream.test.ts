import assert from "node:assert/strict";
import test from "node:test";
import { isShortcut, latinOf } from "../../src/keys/latin";
import { KeyStream } from "../../src/keys/key-stream";
import { PLAIN, type Stroke } from "../../src/keys/stroke";

const FLAGS = { C: "ctrlKey", S: "shiftKey", A: "altKey", M: "metaKey", G: "modifierAltGraph" } as const;

/** A key as `key/code`, after the held modifiers: "CS+v/KeyV". */
function stroke(word: string): Stroke {
  const [, held = "", name = ""] = /^(?:([CSAMG]+)\+)?(.+)$/.exec(word) ?? [];
  const [key = "", code = key] = name.split("/");
  const made = { ...PLAIN, key, code };
  for (const letter of held) made[FLAGS[letter as keyof typeof FLAGS]] = true;
  return made;
}

/** The desktop's key events for presses ("+…") and releases ("-…"). */
function heard(keys: string, settings: { mac?: boolean; commandIsControl?: boolean } = {}): string {
  const { mac = false } = settings;
  const { commandIsControl = mac } = settings;
  const out: string[] = [];
  const stream = new KeyStream((type, { key, ctrlKey, metaKey }) => {
    const held = `${ctrlKey && key !== "Control" ? "C" : ""}${metaKey && key !== "Meta" ? "M" : ""}`;
    out.push(`${type === "keydown" ? "+" : "-"}${held === "" ? "" : `${held}:`}${key}`);
  }, { mac, commandIsControl: () => commandIsControl });
  for (const word of keys.split(" ")) {
    if (word === "blur") stream.releaseAll();
    else if (word === "compose") stream.releaseTyped();
    else if (word === "point") stream.point();
    else if (word.startsWith("text:")) stream.type(word.slice(5));
    else if (word.startsWith("+")) stream.press(stroke(word.slice(1)));
    else stream.release(stroke(word.slice(1)));
  }
  return out.join(" ");
}

function latin(key: string, code: string, shiftKey = false): string {
  return latinOf({ key, code, shiftKey });
}

test("letters of other alphabets become those of an American keyboard in shortcuts", () => {
  assert.equal(latin("м", "KeyV"), "v");
  assert.equal(latin("М", "KeyV", true), "V");
  assert.equal(latin("ψ", "KeyC"), "c");
  assert.equal(latin("ה", "KeyV"), "v");
  assert.equal(latin("ر", "KeyV"), "v");
  assert.equal(latin("ж", "Semicolon"), ";");
  assert.equal(latin("Ж", "Semicolon", true), ":");
  assert.equal(latin("۱", "Digit1"), "1");
});

test("Latin layouts keep their letters", () => {
  assert.equal(latin("a", "KeyQ"), "a", "AZERTY");
  assert.equal(latin("z", "KeyY"), "z", "QWERTZ");
  assert.equal(latin("ö", "Semicolon"), "ö");
  assert.equal(latin("v", "Period"), "v", "Dvorak");
  assert.equal(latin("&", "Digit1"), "&");
  assert.equal(latin("Enter", "Enter"), "Enter");
  assert.equal(latin("м", "IntlRo"), "м", "unknown physical key");
});

test("modifiers make a shortcut", () => {
  const holding = (held: string, mac = false): boolean => isShortcut(stroke(`${held}+a/KeyA`), mac);
  assert.ok(holding("C") && holding("A") && holding("M") && holding("CS") && holding("CA"));
  assert.ok(!holding("S") && !holding("G"));
  assert.ok(!holding("CAG"), "AltGr on Windows");
  assert.ok(!holding("A", true) && holding("C", true) && holding("MA", true), "Option on a Mac");
});

test("Ctrl with a letter of another alphabet is a Latin shortcut", () => {
  assert.equal(heard("+Control/ControlLeft +C+м/KeyV -C+м/KeyV -Control/ControlLeft"), "+Control +C:v -C:v -Control");
  assert.equal(heard("+Control/ControlLeft +C+м/KeyV -Control/ControlLeft -м/KeyV"), "+Control +C:v -Control -v", "as it was pressed");
  assert.equal(heard("+м/KeyV -м/KeyV"), "+м -м");
  assert.equal(heard("+G+ѣ/KeyE -G+ѣ/KeyE"), "+ѣ -ѣ", "AltGr is no shortcut");
});

test("a text is typed by its characters", () => {
  assert.equal(heard("text:é"), "+é -é");
  assert.equal(heard("text:´x"), "+´ -´ +x -x");
  assert.equal(heard("text:🎉"), "+🎉 -🎉");
});

test("all keys are released once when the focus is lost", () => {
  assert.equal(heard("+Shift/ShiftLeft +S+A/KeyA blur -a/KeyA"), "+Shift +A -Shift -A");
});

test("keys are released when a composition begins, but modifiers are not", () => {
  assert.equal(heard("+Shift/ShiftLeft +S+A/KeyA compose"), "+Shift +A -A");
});

test("a modifier whose release was not reported is released with the next key", () => {
  assert.equal(heard("+AltGraph/AltRight compose text:ô +a/KeyA"), "+AltGraph +ô -ô -AltGraph +a");
  assert.equal(heard("+Shift/ShiftLeft compose text:ü -u/KeyU"), "+Shift +ü -ü -Shift");
  assert.equal(heard("+Shift/ShiftLeft +S+A/KeyA"), "+Shift +A");
  assert.equal(heard("+Alt/AltLeft +A+Shift/ShiftLeft +SA+F4/F4"), "+Alt +Shift +F4");
  assert.equal(heard("+Shift/ShiftLeft +SA+Meta/AltLeft +SA+F4/F4"), "+Shift +Meta +F4", "Alt under another name");
});

test("swapped modifiers are held by their meaning", () => {
  assert.equal(heard("+Control/AltLeft +C+c/KeyC -C+c/KeyC -Control/AltLeft"), "+Control +C:c -C:c -Control");
  assert.equal(heard("+Alt/MetaLeft +A+F4/F4 -A+F4/F4 -Alt/MetaLeft"), "+Alt +F4 -F4 -Alt");
  assert.equal(heard("+Control/CapsLock +C+c/KeyC"), "+Control +C:c");
});

test("AltGr on Windows releases no Control", () => {
  assert.equal(heard("+C+Control/ControlLeft +AltGraph/AltRight +G+@/KeyQ"), "+Control +AltGraph +@");
});

test("Ctrl with an accent is Ctrl with the character of an American keyboard", () => {
  assert.equal(heard("+Control/ControlLeft +C+Dead/Backquote -C+Dead/Backquote"), "+Control +C:` -C:`");
});

test("Command with a letter keeps Caps Lock", () => {
  const locked: boolean[] = [];
  const stream = new KeyStream((_, { modifierCapsLock }) => locked.push(modifierCapsLock), { mac: true, commandIsControl: () => true });
  for (const word of ["M+Meta/MetaLeft", "M+c/KeyC"]) stream.press({ ...stroke(word), modifierCapsLock: true });
  assert.deepEqual(locked, [true, true, true, true]);
});

test("keys without a known code are distinguished", () => {
  assert.equal(heard("+AltGraph/Unidentified +G+€/Unidentified -G+€/Unidentified -AltGraph/Unidentified"), "+AltGraph +€ -€ -AltGraph");
});

const MAC = { mac: true };

test("Command with a letter is Ctrl with that letter, released at once", () => {
  assert.equal(heard("+M+Meta/MetaLeft +M+c/KeyC -Meta/MetaLeft", MAC), "+Control +C:c -C:c -Control");
  assert.equal(heard("+M+Meta/MetaLeft +M+c/KeyC +M+v/KeyV -Meta/MetaLeft", MAC), "+Control +C:c -C:c -Control +Control +C:v -C:v -Control");
  assert.equal(heard("+M+Meta/MetaLeft +MS+Shift/ShiftLeft +MS+z/KeyZ -M+Shift/ShiftLeft -Meta/MetaLeft", MAC), "+M:Shift +Control +C:z -C:z -Control -M:Shift");
  assert.equal(heard("+M+Meta/MetaLeft +M+м/KeyV -Meta/MetaLeft", MAC), "+Control +C:v -C:v -Control");
});

test("Command is Meta with other keys, with the pointer, and alone", () => {
  assert.equal(heard("+M+Meta/MetaLeft -Meta/MetaLeft", MAC), "+Meta -Meta");
  assert.equal(heard("+M+Meta/MetaLeft +M+Tab/Tab -Meta/MetaLeft", MAC), "+Meta +M:Tab -M:Tab -Meta");
  assert.equal(heard("+M+Meta/MetaLeft point -Meta/MetaLeft", MAC), "+Meta -Meta");
  assert.equal(heard("+M+Meta/MetaLeft +M+Tab/Tab +M+c/KeyC -Meta/MetaLeft", MAC), "+Meta +M:Tab -M:Tab -Meta +Control +C:c -C:c -Control");
  assert.equal(heard("+M+Meta/MetaLeft blur -Meta/MetaLeft", MAC), "");
});

test("Command is Meta where the switch is off, and on other computers", () => {
  const off = { mac: true, commandIsControl: false };
  assert.equal(heard("+M+Meta/MetaLeft +M+c/KeyC -Meta/MetaLeft", off), "+Meta +M:c -M:c -Meta");
  assert.equal(heard("+M+Meta/MetaLeft +M+c/KeyC -M+c/KeyC -Meta/MetaLeft", { mac: false, commandIsControl: true }), "+Meta +M:c -M:c -Meta");
});
