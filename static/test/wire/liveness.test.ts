import assert from "node:assert/strict";
import test from "node:test";
import { Liveness } from "../../src/wire/liveness";

test("a busy link gets no ping", () => {
  const liveness = new Liveness(0);
  for (let now = 0; now < 60_000; now += 1000) {
    liveness.heard(now, false);
    assert.equal(liveness.check(now + 900), "fine");
  }
});

test("a quiet link gets one ping, and is given up without an answer", () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.check(4999), "fine");
  assert.equal(liveness.check(5000), "ask");
  assert.equal(liveness.check(5500), "fine");
  assert.equal(liveness.check(13_999), "fine");
  assert.equal(liveness.check(14_000), "dead");
});

test("an answer restarts the wait", () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.check(5000), "ask");
  liveness.heard(5100, true);
  assert.equal(liveness.check(10_000), "fine");
  assert.equal(liveness.check(10_100), "ask");
});

test("a probe waits only two seconds, and an answer restores the usual limit", () => {
  const liveness = new Liveness(0);
  liveness.probe(100);
  assert.equal(liveness.check(2099), "fine");
  assert.equal(liveness.check(2100), "dead");
  liveness.heard(2100, true);
  assert.equal(liveness.check(7100), "ask");
  assert.equal(liveness.check(9200), "fine");
});

test("a late timer sends a ping before it gives up", () => {
  assert.equal(new Liveness(0).check(3_600_000), "ask");
});

test("a message sent before a probe does not answer it, but restarts its limit", () => {
  const liveness = new Liveness(0);
  liveness.probe(100);
  liveness.heard(150, false);
  assert.equal(liveness.check(2100), "fine");
  assert.equal(liveness.check(2150), "dead");
});
