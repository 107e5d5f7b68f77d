import assert from "node:assert/strict";
import test from "node:test";
import { SizeClaim } from "../../src/size/size-claim";

const OURS = { width: 1000, height: 700 };
const OTHER = { width: 800, height: 600 };

function asked(): SizeClaim {
  const claim = new SizeClaim(true);
  claim.ask(OURS, 0);
  return claim;
}

test("the requested size keeps the claim", () => {
  const claim = asked();
  assert.equal(claim.changed(OURS, 5000), false);
  assert.equal(claim.ours, true);
});

test("another viewer's size ends the claim", () => {
  const claim = asked();
  assert.equal(claim.changed(OTHER, 5000), true);
  assert.equal(claim.ours, false);
});

test("an answer to an older request, just after ours, keeps the claim", () => {
  const claim = asked();
  assert.equal(claim.changed(OTHER, 200), false);
  assert.equal(claim.ours, true);
});

test("the user's return takes the claim back, once", () => {
  const claim = asked();
  claim.changed(OTHER, 5000);
  assert.equal(claim.take(), true);
  assert.equal(claim.take(), false);
});

test("without a claim, no size ends it", () => {
  const claim = new SizeClaim(false);
  assert.equal(claim.changed(OTHER, 5000), false);
  assert.equal(claim.changed(OURS, 6000), false);
});

test("going on does not take back at once a size that another viewer has replaced", () => {
  const claim = asked();
  claim.changed(OTHER, 5000);
  assert.equal(claim.goOn(6000), false);
  assert.equal(claim.goOn(11_000), true);
});

test("going on takes the claim back at once after leaving", () => {
  const claim = asked();
  claim.leave();
  assert.equal(claim.ours, false);
  assert.equal(claim.changed(OTHER, 5000), false);
  assert.equal(claim.goOn(5100), true);
});
