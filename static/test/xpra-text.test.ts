import assert from "node:assert/strict";
import test from "node:test";
import { arrayOf, fromBytes, toBytes } from "../src/xpra/byte-text";
import { withSafeTitle } from "../src/xpra/titles";

const TEXTS = ["", "plain", "é€漢字", "😀👩‍👩‍👧", "\u0000\n\r\t", "x".repeat(100_000) + "é"];

test("texts come back from bytes as they were", () => {
  for (const text of TEXTS) {
    assert.equal(fromBytes(toBytes(text)), text);
    assert.equal(fromBytes([...Buffer.from(text)]), text);
  }
});

test("bytes are characters below 256", () => {
  assert.equal(toBytes("é"), "\u00c3\u00a9");
  assert.deepEqual(arrayOf("\u0000\u00ff"), Uint8Array.of(0, 255));
});

test("what is no text does no harm", () => {
  assert.equal(fromBytes("a\u00ffb"), "a\ufffdb");
});

test("a title is text, whatever a program calls its window", () => {
  const title = toBytes("<img src=x onerror=\"alert('é')\"> & more");
  const safe = withSafeTitle({ title, pid: 5 });
  assert.equal(fromBytes(safe["title"] as string), "&lt;img src=x onerror=&quot;alert(&#39;é&#39;)&quot;&gt; &amp; more");
  assert.equal(safe["pid"], 5);
});

test("a title that is not UTF-8 becomes one that is", () => {
  assert.equal(fromBytes(withSafeTitle({ title: "\u00e9" })["title"] as string), "\ufffd");
});

test("metadata without a title stay as they are", () => {
  assert.deepEqual(withSafeTitle({ iconic: 1 }), { iconic: 1 });
});
