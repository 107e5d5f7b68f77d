import assert from "node:assert/strict";
import test from "node:test";
import { delayBefore } from "../../src/connection/backoff";

const FIRST_FIFTY = Array.from({ length: 50 }, (_, attempts) => attempts);

test("delays grow up to a cap, for ever", () => {
  const seen = FIRST_FIFTY.map((attempts) => delayBefore(attempts, 0, () => 1));
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.ok((seen[0] ?? Infinity) < 200, "the first attempt comes almost at once");
  assert.equal(seen[49], 3200);
});

test("jitter takes away up to half of a delay, and never adds", () => {
  for (const attempts of FIRST_FIFTY) assert.equal(delayBefore(attempts, 0, () => 0), delayBefore(attempts, 0, () => 1) / 2);
});

test("an attempt that hung has waited already, but never is there no pause at all", () => {
  assert.equal(delayBefore(9, 3000, () => 1), 200);
  assert.equal(delayBefore(9, 30_000, () => 1), 50);
});
