import assert from "node:assert/strict";
import test from "node:test";
import { Liveness } from "../../src/wire/liveness";

test("a busy link is left alone", () => {
  const liveness = new Liveness(0);
  for (let now = 0; now < 60_000; now += 1000) {
    liveness.heard(now, false);
    assert.equal(liveness.check(now + 900), "fine");
  }
});

test("a quiet link is asked once, and given up when no answer comes", () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.check(4999), "fine");
  assert.equal(liveness.check(5000), "ask");
  assert.equal(liveness.check(5500), "fine");
  assert.equal(liveness.check(13_999), "fine");
  assert.equal(liveness.check(14_000), "dead");
});

test("an answer begins anew", () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.check(5000), "ask");
  liveness.heard(5100, true);
  assert.equal(liveness.check(10_000), "fine");
  assert.equal(liveness.check(10_100), "ask");
});

test("a probe waits two seconds only, and an answer brings the patience back", () => {
  const liveness = new Liveness(0);
  liveness.probe(100);
  assert.equal(liveness.check(2099), "fine");
  assert.equal(liveness.check(2100), "dead");
  liveness.heard(2100, true);
  assert.equal(liveness.check(7100), "ask");
  assert.equal(liveness.check(9200), "fine");
});

test("a late timer asks before it gives up", () => {
  assert.equal(new Liveness(0).check(3_600_000), "ask");
});

test("what was on its way before a probe does not answer it, but shows that the link may live", () => {
  const liveness = new Liveness(0);
  liveness.probe(100);
  liveness.heard(150, false);
  assert.equal(liveness.check(2100), "fine");
  assert.equal(liveness.check(2150), "dead");
});
