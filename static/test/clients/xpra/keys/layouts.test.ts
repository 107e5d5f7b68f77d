import assert from "node:assert/strict";
import test from "node:test";
import { heldBy, modifierOf, nameOf, textOf } from "../../../../src/clients/xpra/keys/key-names";
import { pressesFor, WESTERN } from "../../../../src/clients/xpra/keys/layouts";

const CHARACTERS = { "a": "a", "A": "A", "é": "eacute", "|": "bar", "+": "plus", "7": "7", " ": "space" };

function named(code: string, key: string, shiftKey = false): string {
  return nameOf({ code, key, shiftKey }, CHARACTERS);
}

test("keys have X11's names", () => {
  assert.equal(named("KeyA", "a"), "a");
  assert.equal(named("KeyQ", "A", true), "A");
  assert.equal(named("Digit2", "é"), "eacute");
  assert.equal(named("MetaLeft", "Meta"), "Super_L");
  assert.equal(named("ControlRight", "Control"), "Control_R");
  assert.equal(named("PageUp", "PageUp"), "Prior");
  assert.equal(named("F5", "F5"), "F5");
  assert.equal(named("Space", " "), "space");
});

test("Shift+Tab has its own name", () => {
  assert.equal(named("Tab", "Tab"), "Tab");
  assert.equal(named("Tab", "Tab", true), "ISO_Left_Tab");
});

test("keys of the number pad, with Num Lock and without", () => {
  assert.equal(named("Numpad7", "7"), "7");
  assert.equal(named("Numpad7", "Home"), "KP_Home");
  assert.equal(named("NumpadEnter", "Enter"), "KP_Enter");
});

test("keys without a name are not sent", () => {
  for (const key of ["Dead", "Unidentified", "Process", "AltGraph", "漢"]) assert.equal(named("KeyE", key), "");
});

test("keysyms of Latin-1 characters have a text, others none", () => {
  assert.equal(textOf(0x77), "w");
  assert.equal(textOf(0xe9), "é");
  assert.equal(textOf(0xffe3), "");
});

function held(...states: string[]): string[] {
  return heldBy({ getModifierState: (name) => states.includes(name) });
}

test("held modifiers are recognised", () => {
  assert.deepEqual(held("Shift", "Control"), ["control", "shift"]);
  assert.deepEqual(held("CapsLock", "NumLock"), ["capslock", "numlock"]);
});

test("AltGr is not Control and Alt, as Windows reports it", () => {
  assert.deepEqual(held("AltGraph", "Control", "Alt", "Shift"), ["shift"]);
});

test("modifier keys are recognised", () => {
  assert.equal(modifierOf("ControlLeft"), "control");
  assert.equal(modifierOf("MetaRight"), "meta");
  assert.equal(modifierOf("KeyA"), "");
});

function typed(character: string, name = "", current = WESTERN, language = "en"): string {
  const words = pressesFor(character, name, language, current).map(({ layout, character: key, shift, third }) => {
    return [layout, third ? "AltGr" : "", shift === true ? "Shift" : "", key].filter(Boolean).join("+");
  });
  return words.join(" ");
}

test("characters without AltGr", () => {
  assert.equal(typed("a"), "eu+a");
  assert.equal(typed("A"), "eu+Shift+A");
  assert.equal(typed("|"), "eu+Shift+|");
  assert.equal(typed("@", "at", "pl"), "pl+Shift+@");
});

test("characters with AltGr", () => {
  assert.equal(typed("€"), "eu+AltGr+5");
  assert.equal(typed("ä"), "eu+AltGr+a");
  assert.equal(typed("Ä"), "eu+AltGr+Shift+A");
  assert.equal(typed("ł"), "pl+AltGr+l");
  assert.equal(typed("ó", "oacute", "pl"), "pl+AltGr+o");
  assert.equal(typed("ķ"), "lv+AltGr+k");
});

test("letters composed from an accent and a letter", () => {
  assert.equal(typed("ê"), "eu+AltGr+6 eu+e");
  assert.equal(typed("Ř"), "eu+AltGr+Shift+^ eu+Shift+R");
});

test("accents alone are their key twice", () => {
  assert.equal(typed("´"), "eu+AltGr+' eu+AltGr+'");
  assert.equal(typed("¨"), 'eu+AltGr+Shift+" eu+AltGr+Shift+"');
});

test("the layout changes where a character needs another one", () => {
  assert.equal(typed("ő"), "hu+ő");
  assert.equal(typed("я", "Cyrillic_ya"), "ru+я");
  assert.equal(typed("я", "Cyrillic_ya", WESTERN, "bg-BG"), "bg+я");
  assert.equal(typed("α", "Greek_alpha"), "gr+α");
});

test("the layout stays as long as it has the character", () => {
  assert.equal(typed("a", "a", "hu"), "hu+a");
  assert.equal(typed("@", "at", "hu"), "eu+Shift+@");
  assert.equal(typed("a", "a", "ru"), "eu+a");
  assert.equal(typed("♥", "heart", "ru"), "ru+♥");
});
