import assert from "node:assert/strict";
import test from "node:test";
import { delayBefore } from "../../src/connection/backoff";

const FIRST_FIFTY = Array.from({ length: 50 }, (_, attempts) => attempts);

test("delays grow up to a cap", () => {
  const seen = FIRST_FIFTY.map((attempts) => delayBefore(attempts, 0, () => 1));
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.ok((seen[0] ?? Infinity) < 200, "the first attempt comes almost at once");
  assert.equal(seen[49], 3200);
});

test("jitter shortens a delay by up to a half, and never lengthens it", () => {
  for (const attempts of FIRST_FIFTY) assert.equal(delayBefore(attempts, 0, () => 0), delayBefore(attempts, 0, () => 1) / 2);
});

test("the time for which an attempt hung is deducted, down to a shortest delay", () => {
  assert.equal(delayBefore(9, 3000, () => 1), 200);
  assert.equal(delayBefore(9, 30_000, () => 1), 50);
});
