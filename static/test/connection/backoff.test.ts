import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../src/connection/backoff";

const delays = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());

test("delays grow up to a cap, for ever", () => {
  const seen = delays(new Backoff(() => 1), 50);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.ok((seen[0] ?? Infinity) < 200, "the first attempt comes almost at once");
  assert.equal(seen[49], 3200);
});

test("jitter takes away up to half of a delay, and never adds", () => {
  assert.deepEqual(
    delays(new Backoff(() => 0), 6),
    delays(new Backoff(() => 1), 6).map((delay) => delay / 2),
  );
});

test("a connection that lived starts the delays anew", () => {
  const backoff = new Backoff(() => 1);
  const [first] = delays(backoff, 4);
  backoff.connected(0);
  backoff.lost(5000);
  assert.equal(backoff.next(), first);
});

test("a connection that breaks at once does not", () => {
  const backoff = new Backoff(() => 1);
  const [first = 0] = delays(backoff, 4);
  backoff.connected(0);
  backoff.lost(50);
  assert.ok(backoff.next() > first);
});
