import assert from "node:assert/strict";
import test from "node:test";
import type { Region } from "../../src/api/size";
import { MotionDetector } from "../../src/video/motion";

const SCREEN = { width: 1920, height: 1080 };
const WHOLE: Region = { x: 0, y: 0, ...SCREEN };

function region(x: number, y: number, width: number, height: number): Region {
  return { x, y, width, height };
}

/** Adds updates at these times; returns the last answer. */
function after(detector: MotionDetector, times: number[], ...rectangles: Region[]): Region | null {
  return times.map((time) => detector.add(rectangles, SCREEN, time)).at(-1) ?? null;
}

function every(ms: number, from: number, to: number): number[] {
  return Array.from({ length: Math.floor((to - from) / ms) + 1 }, (_, index) => from + index * ms);
}

test("a moving screen is found after a third of a second", () => {
  const detector = new MotionDetector();
  assert.equal(after(detector, every(70, 0, 349), WHOLE), null);
  assert.deepEqual(after(detector, [350], WHOLE), WHOLE);
});

test("a slow screen is found, too", () => {
  assert.deepEqual(after(new MotionDetector(), every(220, 0, 440), WHOLE), WHOLE);
});

test("the first picture of a screen and its refresh are no motion", () => {
  const detector = new MotionDetector();
  assert.equal(after(detector, [0], WHOLE), null);
  const stripes = every(120, 0, 960).map((y) => region(0, y, 1920, 120));
  for (const [index, stripe] of stripes.entries()) assert.equal(detector.add([stripe], SCREEN, 500 + 40 * index), null);
});

test("a blinking cursor and typed text are no motion", () => {
  assert.equal(after(new MotionDetector(), every(16, 0, 5000), region(600, 300, 200, 40)), null);
});

test("a moving window is found in whole cells, without smaller changes elsewhere", () => {
  const detector = new MotionDetector();
  const times = every(33, 0, 400);
  const found = times.map((time, index) => {
    const clock = index % 3 === 0 ? [region(1800, 1000, 60, 20)] : [];
    return detector.add([region(100, 100, 832, 432), ...clock], SCREEN, time);
  });
  assert.deepEqual(found.at(-1), region(64, 64, 896, 512));
});

test("a region ends at the edge of the screen", () => {
  assert.deepEqual(after(new MotionDetector(), every(20, 0, 400), region(1000, 700, 920, 380)), region(960, 640, 960, 440));
});

test("more than 60 % of the screen counts as all of it", () => {
  assert.deepEqual(after(new MotionDetector(), every(33, 0, 400), region(0, 100, 1920, 900)), WHOLE);
  assert.deepEqual(after(new MotionDetector(), every(33, 0, 400), region(0, 0, 1920, 540)), region(0, 0, 1920, 576));
});

test("changes in different places are no motion", () => {
  const detector = new MotionDetector();
  const places = every(33, 0, 400).map((time, index) => detector.add([region((index % 4) * 480, 0, 400, 1080)], SCREEN, time));
  assert.deepEqual(places.filter((one) => one !== null), []);
});

test("nothing from before a pause, a change of the size or a restart counts", () => {
  const detector = new MotionDetector();
  after(detector, every(50, 0, 300), WHOLE);
  assert.equal(after(detector, [1000, 1050], WHOLE), null);
  after(detector, every(50, 2000, 2300), WHOLE);
  assert.equal(detector.add([WHOLE], { width: 1920, height: 1079 }, 2350), null);
  after(detector, every(50, 4000, 4300), WHOLE);
  detector.restart(4350);
  assert.equal(after(detector, [5350, 5400], WHOLE), null);
});

test("the refresh of the screen after a restart is no motion", () => {
  const detector = new MotionDetector();
  detector.restart(0);
  assert.equal(after(detector, every(50, 50, 999), WHOLE), null);
  const third = region(0, 0, 1920, 360);
  assert.equal(after(detector, [1100, 1300, 1500], third), null);
});

test("on a slow line the refresh of the screen after a restart takes longer, and is no motion", () => {
  const detector = new MotionDetector();
  detector.restart(0);
  assert.equal(detector.add([WHOLE], SCREEN, 3300, 3000), null);
  const parts = every(270, 0, 810).map((y) => region(0, y, 1920, 270));
  const refined = parts.map((part, index) => detector.add([part], SCREEN, 3800 + 500 * index, 450));
  assert.deepEqual(refined.filter((one) => one !== null), []);
});

test("motion that goes on after a restart is found", () => {
  const detector = new MotionDetector();
  detector.restart(0);
  assert.equal(after(detector, every(50, 50, 1349), WHOLE), null);
  assert.deepEqual(after(detector, [1350], WHOLE), WHOLE);
});

test("rectangles outside the screen do not matter", () => {
  const detector = new MotionDetector();
  const odd = [region(1900, 1070, 500, 500), region(5000, 5000, 500, 500), region(0, 0, 0, 0)];
  assert.deepEqual(after(detector, every(50, 0, 400), WHOLE, ...odd), WHOLE);
});

test("on a slow line fewer updates are motion", () => {
  const detector = new MotionDetector();
  assert.equal(detector.add([WHOLE], SCREEN, 0, 400), null);
  assert.equal(detector.add([WHOLE], SCREEN, 500, 400), null);
  assert.deepEqual(detector.add([WHOLE], SCREEN, 1000, 400), WHOLE);
});

test("updates that are far apart are no motion if the line is fast", () => {
  assert.equal(after(new MotionDetector(), [0, 500, 1000, 1500, 2000], WHOLE), null);
});
