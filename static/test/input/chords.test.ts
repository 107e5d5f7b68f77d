import assert from "node:assert/strict";
import test from "node:test";
import { EscapeChord, isPasteChord, type ChordEvent } from "../../src/input/chords";

const NONE = { type: "keydown", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
const key = (name: string, more: Partial<ChordEvent> = {}): ChordEvent => ({ ...NONE, key: name, code: name, ...more });

test("paste chords are recognised", () => {
  assert.ok(isPasteChord(key("v", { code: "KeyV", ctrlKey: true }), false));
  assert.ok(isPasteChord(key("V", { code: "KeyV", ctrlKey: true, shiftKey: true }), false));
  assert.ok(isPasteChord(key("Insert", { shiftKey: true }), false));
  assert.ok(isPasteChord(key("v", { code: "Period", ctrlKey: true }), false), "Dvorak: the letter counts, not the physical key");
});

test("paste chords are recognised on keyboards of other alphabets", () => {
  assert.ok(isPasteChord(key("м", { code: "KeyV", ctrlKey: true }), false));
  assert.ok(isPasteChord(key("М", { code: "KeyV", ctrlKey: true, shiftKey: true }), false));
  assert.ok(!isPasteChord(key("с", { code: "KeyC", ctrlKey: true }), false));
});

test("Command+V pastes where Command is Ctrl", () => {
  assert.ok(isPasteChord(key("v", { code: "KeyV", metaKey: true }), true));
  assert.ok(!isPasteChord(key("v", { code: "KeyV", metaKey: true }), false));
  assert.ok(!isPasteChord(key("c", { code: "KeyC", metaKey: true }), true));
});

test("other keys are no paste chords", () => {
  assert.ok(!isPasteChord(key("v", { code: "KeyV" }), false));
  assert.ok(!isPasteChord(key("Insert"), false));
  assert.ok(!isPasteChord(key("Insert", { ctrlKey: true, shiftKey: true }), false));
  assert.ok(!isPasteChord(key("v", { code: "KeyV", ctrlKey: true, altKey: true }), false), "AltGr on Windows");
  assert.ok(!isPasteChord(key("v", { code: "KeyV", ctrlKey: true, type: "keyup" }), false));
});

function feed(...strokes: string[]): boolean[] {
  const chord = new EscapeChord();
  return strokes.map((stroke) => chord.feed(key(stroke.slice(1), { type: stroke.startsWith("+") ? "keydown" : "keyup" })));
}

test("Ctrl+Alt+Shift leaves the desktop at the last release, in any order", () => {
  assert.deepEqual(feed("+Control", "+Alt", "+Shift", "-Shift", "-Alt", "-Control"), [false, false, false, false, false, true]);
  assert.ok(feed("+Shift", "+Control", "+Alt", "-Control", "-Shift", "-Alt").at(-1));
});

test("two of the three, or another key among them, do not leave the desktop", () => {
  assert.ok(!feed("+Control", "+Alt", "-Alt", "-Control").includes(true));
  assert.ok(!feed("+Control", "+Alt", "+Shift", "+t", "-t", "-Shift", "-Alt", "-Control").includes(true));
});

test("Alt that is reported as Meta with Shift counts as Alt", () => {
  const chord = new EscapeChord();
  chord.feed(key("Control"));
  chord.feed(key("Shift"));
  chord.feed(key("Meta", { code: "AltLeft" }));
  chord.feed(key("Meta", { code: "AltLeft", type: "keyup" }));
  chord.feed(key("Shift", { type: "keyup" }));
  assert.ok(chord.feed(key("Control", { type: "keyup" })));
});
