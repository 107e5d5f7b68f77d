import assert from "node:assert/strict";
import test from "node:test";
import { portable } from "../../src/clipboard/portable-text";

test("halves of surrogate pairs become U+FFFD, whole pairs stay", () => {
  assert.equal(portable("\uD83E\uDDC0 \uD83E- \uDDC0\uD83E"), "\uD83E\uDDC0 \uFFFD- \uFFFD\uFFFD");
  assert.equal(encodeURIComponent(portable("\uDDC0")), "%EF%BF%BD");
});

test("NUL is removed, and the text after it stays", () => {
  assert.equal(portable("\0a\0b\0"), "ab");
});

test("other control characters and noncharacters are text", () => {
  const text = "\u0001\u0007\u001B[0m\t\r\n\u007F\uFFFE\uFDD0";
  assert.equal(portable(text), text);
});
