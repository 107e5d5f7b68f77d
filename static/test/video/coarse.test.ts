import assert from "node:assert/strict";
import test from "node:test";
import type { Updates } from "../../src/clients";
import type { Owner } from "../../src/dom/owner";
import { CoarseMotion } from "../../src/video/coarse";
import { MotionDetector } from "../../src/video/motion";

const SCREEN = { width: 1920, height: 1080 };
const WHOLE = { x: 0, y: 0, ...SCREEN };

test("pictures are coarse until nothing moves, and the refresh that follows is no motion", () => {
  const switched: boolean[] = [];
  const timers = new Set<() => void>();
  const updates = { coarse: (on: boolean) => switched.push(on) } as unknown as Updates;
  const owner = {
    after: (_: number, callback: () => void) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
  } as unknown as Owner;
  const motion = new MotionDetector();
  const coarse = new CoarseMotion(updates, motion, owner);
  coarse.moves();
  coarse.moves();
  assert.deepEqual(switched, [true, true]);
  assert.equal(timers.size, 1);
  for (const callback of timers) callback();
  assert.deepEqual(switched, [true, true, false]);
  const now = performance.now();
  const found = [0, 150, 300, 450].map((ms) => motion.add([WHOLE], SCREEN, now + ms));
  assert.deepEqual(found, [null, null, null, null]);
});
