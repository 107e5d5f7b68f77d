import assert from "node:assert/strict";
import test from "node:test";
import { unfitness } from "../../../src/clients/xpra/fitness";
import { pixelAt, placeOf } from "../../../src/clients/xpra/windows/place";

const FINE = { encrypted: true, webCrypto: true, ownCipher: true };

test("the client can be used with the browser's cipher, with its own, or without encryption", () => {
  assert.equal(unfitness(FINE), null);
  assert.equal(unfitness({ ...FINE, webCrypto: false }), null);
  assert.equal(unfitness({ ...FINE, encrypted: false, webCrypto: false, ownCipher: false }), null);
});

test("encryption without a cipher is a problem with a remedy", () => {
  const problem = unfitness({ ...FINE, webCrypto: false, ownCipher: false });
  assert.equal(problem?.reason, "no-encryption");
  assert.match(problem.remedy ?? "", /https/);
});

const BOX = { left: 10, top: 20, width: 400, height: 300 };

test("pixels of a picture with the size of its box", () => {
  assert.deepEqual(pixelAt(10, 20, BOX, 400, 300), { x: 0, y: 0 });
  assert.deepEqual(pixelAt(409.9, 319.9, BOX, 400, 300), { x: 399, y: 299 });
});

test("pixels of a larger picture, which is scaled down and centred", () => {
  assert.deepEqual(pixelAt(10 + 200, 20 + 150, BOX, 1600, 800), { x: 800, y: 400 });
  assert.deepEqual(pixelAt(10, 20 + 50, BOX, 1600, 800), { x: 0, y: 0 });
});

test("positions beside the picture count as its edge", () => {
  assert.deepEqual(pixelAt(0, 0, BOX, 1600, 800), { x: 0, y: 0 });
  assert.deepEqual(pixelAt(9999, 9999, BOX, 1600, 800), { x: 1599, y: 799 });
});

test("the position in the page of a pixel of a scaled picture", () => {
  assert.deepEqual(placeOf(0, 0, BOX, 1600, 800), { x: 10, y: 20 + 50 });
  assert.deepEqual(placeOf(800, 400, BOX, 1600, 800), { x: 10 + 200, y: 20 + 150 });
});
