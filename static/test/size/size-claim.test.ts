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

test("the size we asked for keeps the claim", () => {
  const claim = asked();
  assert.equal(claim.changed(OURS, 5000), false);
  assert.equal(claim.ours, true);
});

test("another viewer's size ends it", () => {
  const claim = asked();
  assert.equal(claim.changed(OTHER, 5000), true);
  assert.equal(claim.ours, false);
});

test("an answer to something older, just after we asked, does not", () => {
  const claim = asked();
  assert.equal(claim.changed(OTHER, 200), false);
  assert.equal(claim.ours, true);
});

test("the user's return takes it back, once", () => {
  const claim = asked();
  claim.changed(OTHER, 5000);
  assert.equal(claim.take(), true);
  assert.equal(claim.take(), false);
});

test("without a claim every size is fine", () => {
  const claim = new SizeClaim(false);
  assert.equal(claim.changed(OTHER, 5000), false);
  assert.equal(claim.changed(OURS, 6000), false);
});

test("who goes on working after another viewer took the size does not take it back at once", () => {
  const claim = asked();
  claim.changed(OTHER, 5000);
  assert.equal(claim.goOn(6000), false);
  assert.equal(claim.goOn(11_000), true);
});

test("who left gets the size back by going on", () => {
  const claim = asked();
  claim.leave();
  assert.equal(claim.ours, false);
  assert.equal(claim.changed(OTHER, 5000), false);
  assert.equal(claim.goOn(5100), true);
});
