import assert from "node:assert/strict";
import test from "node:test";
import { SharedText } from "../../src/clipboard/shared-text";

test("the same text is sent once", () => {
  const memory = new SharedText();
  assert.equal(memory.fromBrowser("one"), true);
  assert.equal(memory.fromBrowser("one"), false);
  assert.equal(memory.fromBrowser("two"), true);
  assert.equal(memory.fromBrowser("one"), true);
});

test("the desktop's own text is not sent back to it, even with the browser's line ends", () => {
  const memory = new SharedText();
  assert.equal(memory.fromDesktop("a\nb"), true);
  memory.written("a\nb");
  assert.equal(memory.fromBrowser("a\r\nb"), false);
});

test("the browser's own text is not written back to it", () => {
  const memory = new SharedText();
  memory.fromBrowser("one");
  assert.equal(memory.fromDesktop("one"), false);
});

test("an empty text is never sent", () => {
  const memory = new SharedText();
  assert.equal(memory.fromBrowser(""), false);
  assert.equal(memory.fromDesktop(""), false);
});

test("a text copied again on the desktop is written, after another text in the browser", () => {
  const memory = new SharedText();
  memory.fromDesktop("there");
  memory.written("there");
  assert.equal(memory.fromBrowser("here"), true);
  assert.equal(memory.fromDesktop("there"), true);
});

test("a text copied again on the desktop is written, after the page lost the focus", () => {
  const memory = new SharedText();
  memory.fromDesktop("there");
  memory.written("there");
  assert.equal(memory.fromDesktop("there"), false);
  memory.leave();
  assert.equal(memory.browserHas("there"), false);
  assert.equal(memory.fromDesktop("there"), true);
  memory.written("there");
  assert.equal(memory.fromDesktop("there"), false);
});

test("a text copied again on the desktop is written, while a write of another text is in progress", () => {
  const memory = new SharedText();
  memory.fromBrowser("one");
  assert.equal(memory.fromDesktop("two"), true);
  memory.writes();
  assert.equal(memory.fromDesktop("one"), true);
  memory.written("two");
  assert.equal(memory.browserHas("one"), false);
});

test("a text that a new connection sends again was not copied again", () => {
  const memory = new SharedText();
  memory.fromDesktop("there");
  memory.written("there");
  memory.leave();
  memory.reconnected();
  assert.equal(memory.fromDesktop("there"), false);
  assert.equal(memory.fromDesktop("there"), true);
});

test("a new connection offers the browser's text again, if it was the newest", () => {
  const memory = new SharedText();
  assert.equal(memory.reconnected(), null);
  memory.fromBrowser("one");
  assert.equal(memory.reconnected(), "one");
  memory.fromDesktop("newer");
  assert.equal(memory.reconnected(), null);
});

test("the desktop's text is unknown after a new connection", () => {
  const memory = new SharedText();
  memory.fromBrowser("one");
  memory.fromDesktop("two");
  memory.reconnected();
  assert.equal(memory.fromBrowser("two"), true);
});
