import assert from "node:assert/strict";
import test from "node:test";
import { arrayOf, fromBytes, toBytes } from "../../../../src/clients/xpra/wire/byte-text";

const TEXTS = ["", "plain", "é€漢字", "😀👩‍👩‍👧", "\u0000\n\r\t", "x".repeat(100_000) + "é"];

test("texts are the same after a round trip through bytes", () => {
  for (const text of TEXTS) {
    assert.equal(fromBytes(toBytes(text)), text);
    assert.equal(fromBytes([...Buffer.from(text)]), text);
  }
});

test("bytes are characters below 256", () => {
  assert.equal(toBytes("é"), "\u00c3\u00a9");
  assert.deepEqual(arrayOf("\u0000\u00ff"), Uint8Array.of(0, 255));
});

test("invalid UTF-8 becomes U+FFFD", () => {
  assert.equal(fromBytes("a\u00ffb"), "a\ufffdb");
});
