import assert from "node:assert/strict";
import test from "node:test";
import { toBytes } from "../../../../src/clients/xpra/wire/byte-text";
import { allowed, cascaded, inside, isFixed, NO_LIMITS, pulled, reachable } from "../../../../src/clients/xpra/windows/geometry";
import { Metadata } from "../../../../src/clients/xpra/windows/metadata";
import { Stack, type Stacked } from "../../../../src/clients/xpra/windows/stack";

const PLAIN: Stacked = { parent: 0, modal: false, layer: 0 };
const AREA = { width: 1000, height: 700 };
const MARGINS = { top: 31, right: 1, bottom: 1, left: 1 };
const BOX = { x: 100, y: 100, w: 300, h: 200 };

function stackOf(windows: Record<number, Partial<Stacked>>): Stack {
  const stack = new Stack(new Map(Object.entries(windows).map(([id, one]) => [Number(id), { ...PLAIN, ...one }])));
  for (const id of Object.keys(windows)) stack.add(Number(id));
  return stack;
}

function metadata(raw: Record<string, unknown>): Metadata {
  const made = new Metadata();
  made.update(raw);
  return made;
}

test("dialogs are above their windows, and are raised with them", () => {
  const stack = stackOf({ 1: {}, 2: {}, 3: { parent: 1 } });
  assert.deepEqual(stack.sorted(), [1, 3, 2]);
  stack.raise(1);
  assert.deepEqual(stack.sorted(), [2, 1, 3]);
  stack.raise(2);
  stack.raise(3);
  assert.deepEqual(stack.sorted(), [2, 1, 3]);
});

test("windows stay above or below all others at their program's request", () => {
  const stack = stackOf({ 1: { layer: 1 }, 2: {}, 3: { layer: -1 } });
  stack.raise(3);
  assert.deepEqual(stack.sorted(), [3, 2, 1]);
});

test("no window is lost among dialogs of each other or of themselves", () => {
  const stack = stackOf({ 1: { parent: 2, modal: true }, 2: { parent: 1, modal: true }, 3: { parent: 3, modal: true } });
  assert.deepEqual(stack.sorted().sort(), [1, 2, 3]);
  assert.ok([1, 2].includes(stack.unblocked(1)));
  assert.equal(stack.unblocked(3), 3);
  stack.raise(1);
});

test("a modal dialog blocks its window, and another one that dialog", () => {
  const stack = stackOf({ 1: {}, 2: { parent: 1, modal: true }, 3: { parent: 2, modal: true }, 4: { parent: 1 } });
  assert.equal(stack.unblocked(1), 3);
  assert.equal(stack.unblocked(4), 4);
});

test("the stacking order is restored after a lost connection", () => {
  const stack = stackOf({ 1: {}, 2: {}, 3: {} });
  stack.restore([3, 9, 1]);
  assert.deepEqual(stack.sorted(), [3, 1, 2]);
});

test("sizes are in steps, as of terminals", () => {
  const limits = { ...NO_LIMITS, base: [4, 4], step: [6, 13], least: [10, 17] } as const;
  assert.deepEqual(allowed(105, 100, limits), { w: 100, h: 95 });
  assert.deepEqual(allowed(1, 1, limits), { w: 10, h: 17 });
});

test("the opposite edge stays in place", () => {
  assert.deepEqual(pulled(BOX, { x: -1, y: -1 }, 50, 20, NO_LIMITS), { x: 150, y: 120, w: 250, h: 180 });
  assert.deepEqual(pulled(BOX, { x: 1, y: 0 }, 50, 20, NO_LIMITS), { ...BOX, w: 350 });
  assert.deepEqual(pulled(BOX, { x: -1, y: 0 }, 900, 0, { ...NO_LIMITS, least: [80, 80] }), { ...BOX, x: 320, w: 80 });
});

test("windows are moved into a smaller page, and made smaller where necessary", () => {
  assert.deepEqual(inside({ ...BOX, x: 900, y: 650 }, AREA, MARGINS, NO_LIMITS), { x: 699, y: 499, w: 300, h: 200 });
  assert.deepEqual(inside({ x: 5, y: 5, w: 2000, h: 100 }, AREA, MARGINS, NO_LIMITS), { x: 1, y: 31, w: 998, h: 100 });
  const fixed = { ...NO_LIMITS, least: [2000, 100], most: [2000, 100] } as const;
  assert.deepEqual(inside({ x: 5, y: 50, w: 2000, h: 100 }, AREA, MARGINS, fixed), { x: 1, y: 50, w: 2000, h: 100 });
});

test("a title bar stays reachable", () => {
  assert.deepEqual(reachable({ ...BOX, x: -900, y: -50 }, AREA, MARGINS), { ...BOX, x: -240, y: 31 });
  assert.deepEqual(reachable({ ...BOX, x: 1900, y: 1900 }, AREA, MARGINS), { ...BOX, x: 940, y: 700 });
});

test("a window without a position gets one", () => {
  assert.deepEqual(cascaded({ ...BOX, x: 0, y: 0 }, null, AREA), { x: 350, y: 250, w: 300, h: 200 });
  assert.deepEqual(cascaded({ ...BOX, x: 0, y: 0 }, BOX, AREA), { x: 132, y: 132, w: 300, h: 200 });
});

test("a title is always text", () => {
  assert.equal(metadata({ title: toBytes("<b>é</b>") }).title, "<b>é</b>");
  assert.equal(metadata({ title: "\u00e9" }).title, "\ufffd");
  for (const title of [undefined, "", "  ", 5]) assert.equal(metadata({ title }).title, "Untitled window");
});

test("invalid hints are ignored", () => {
  assert.deepEqual(metadata({}).limits, NO_LIMITS);
  assert.deepEqual(metadata({ "size-constraints": { "increment": [0, 0], "maximum-size": "big", "minimum-size": [-1, 2] } }).limits, NO_LIMITS);
  assert.equal(isFixed(metadata({ "size-constraints": { "minimum-size": [9, 9], "maximum-size": [5, 5] } }).limits), true);
  assert.equal(metadata({ "transient-for": -1 }).parent, 0);
});

test("windows have a frame by their type and decorations", () => {
  assert.equal(metadata({}).framed, true);
  assert.equal(metadata({ "window-type": ["DIALOG"] }).framed, true);
  assert.equal(metadata({ "window-type": ["SPLASH"] }).framed, false);
  assert.equal(metadata({ "window-type": ["NORMAL"], "decorations": 0 }).framed, false);
});
