import assert from "node:assert/strict";
import test from "node:test";
import { Composer } from "../../src/keys/composer";
import { PLAIN } from "../../src/keys/stroke";

/** A key as `key/code`, with `/229` if an input method takes it, `/c` in a composition, after the held modifiers. */
function takers(row: string, mac = false): string {
  const composer = new Composer(mac);
  const keys = row.split(" ").map((word) => {
    if (word === "text") {
      composer.done();
      return "";
    }
    const [held = "", stroke = ""] = word.includes("+") && !word.startsWith("+") ? word.split("+") : ["", word];
    const [key = "", code = "", ...more] = stroke.split("/");
    return composer.takerOf({
      ...PLAIN,
      key: key === "space" ? " " : key,
      code,
      keyCode: more.includes("229") ? 229 : 0,
      isComposing: more.includes("c"),
      ctrlKey: held.includes("C"),
      shiftKey: held.includes("S"),
      altKey: held.includes("A"),
      metaKey: held.includes("M"),
      modifierAltGraph: held.includes("G"),
    });
  });
  return keys.filter(Boolean).map(([first]) => first).join("").toUpperCase();
}

/**
 * The keys, and the taker of each: the Desktop, the Browser or Nobody. Firefox 153, Chromium 156 and WebKitGTK 2.50 on
 * Linux were recorded; Windows and macOS are by UI Events and the engines' key tables.
 */
const ROWS: [layout: string, engine: string, keys: string, takers: string][] = [
  ["de ´e", "Firefox, Linux", "Dead/Equal e/KeyE/c text x/KeyX", "BBD"],
  ["de ´e", "Chromium, Linux", "Process/Equal/229 Process/KeyE/229/c text x/KeyX", "BBD"],
  ["de ´e", "WebKitGTK", "Unidentified/Unidentified/229 Unidentified/Unidentified/229/c Unidentified/Unidentified/229 text x/KeyX", "BBBD"],
  ["de ´e", "Chromium, Windows", "Dead/Equal e/KeyE text x/KeyX", "BBD"],
  ["de ´e", "Firefox, Windows", "Dead/Equal é/KeyE text x/KeyX", "BBD"],
  ["de ^o", "Firefox, Linux, AltGr", "AltGraph/AltRight G+Dead/Quote o/KeyO/c text", "DBB"],
  ["de ´´", "Chromium, Windows", "Dead/Equal Dead/Equal text x/KeyX", "BBD"],
  ["fr ^e", "Firefox, Linux", "Dead/BracketLeft e/KeyE/c text", "BB"],
  ["fr ¨I", "Firefox, Linux", "Shift/ShiftLeft S+Dead/BracketLeft Shift/ShiftLeft/c S+I/KeyI/c text", "DBDB"],
  ["fr ^ space", "Chromium, Windows", "Dead/BracketLeft space/Space text a/KeyQ", "BBD"],
  ["fr ~n", "Chromium, Windows, AltGr as Control and Alt", "Control/ControlLeft AltGraph/AltRight CAG+Dead/Digit2 n/KeyN text", "DDBB"],
  ["es ´o", "Chromium, macOS", "Dead/Quote/229 o/KeyO/229/c text", "BB"],
  ["es ñ", "any", "ñ/Semicolon", "D"],
  ["pt-br ~a", "Chromium, Linux", "Process/Quote/229 Process/KeyA/229/c text", "BB"],
  ["pt-br ~A", "Chromium, Windows", "Dead/Quote Shift/ShiftLeft S+A/KeyA text b/KeyB", "BDBD"],
  ["us-intl 'c", "Firefox, Linux", "Dead/Quote c/KeyC/c text", "BB"],
  ["us-intl ¨u", "Chromium, Windows", "Shift/ShiftLeft S+Dead/Quote u/KeyU text", "DBB"],
  ["us-intl Ctrl+` a", "any", "Control/ControlLeft C+Dead/Backquote a/KeyA", "DDD"],
  ["us-intl é", "Chromium, Windows, AltGr", "CAG+é/KeyE", "D"],
  ["us Option+e e", "Safari, macOS", "Alt/AltLeft A+Dead/KeyE/229 text e/KeyE/229", "DBB"],
  ["us Option+e e", "Firefox, macOS", "Alt/AltLeft A+Dead/KeyE e/KeyE/c text", "DBB"],
  ["cz ˇr", "Firefox, Linux", "Dead/Equal r/KeyR/c text", "BB"],
  ["cz ´y", "Chromium, Linux", "Process/Equal/229 Process/KeyZ/229/c text", "BB"],
];

for (const [layout, engine, keys, wanted] of ROWS) {
  test(`${layout} (${engine})`, () => {
    assert.equal(takers(keys, engine.includes("macOS")), wanted);
  });
}

test("Backspace and Escape cancel an accent without a composition", () => {
  assert.equal(takers("Dead/Equal Backspace/Backspace e/KeyE"), "BND");
  assert.equal(takers("Dead/Equal Escape/Escape e/KeyE"), "BND");
  assert.equal(takers("Dead/Equal Backspace/Backspace/c text e/KeyE"), "BBD", "an input method does that itself");
});

test("other keys and shortcuts end an accent, and go to the desktop", () => {
  assert.equal(takers("Dead/Equal Enter/Enter e/KeyE"), "BDD");
  assert.equal(takers("Dead/Equal ArrowLeft/ArrowLeft e/KeyE"), "BDD");
  assert.equal(takers("Dead/Equal C+c/KeyC e/KeyE"), "BDD");
});

test("Option with a letter is no shortcut on a Mac", () => {
  assert.equal(takers("Dead/KeyE A+å/KeyA text", true), "BB");
  assert.equal(takers("Dead/KeyE A+a/KeyA", false), "BD");
});

test("an accent no longer waits when its composition has ended", () => {
  assert.equal(takers("Dead/Equal text e/KeyE"), "BD");
});
