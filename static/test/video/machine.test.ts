import assert from "node:assert/strict";
import test from "node:test";
import type { Region } from "../../src/api/size";
import { type Effect, initial, isShown, step, type VideoEvent, type VideoState } from "../../src/video/machine";

const LEFT: Region = { x: 0, y: 0, width: 640, height: 640 };
const RIGHT: Region = { x: 1280, y: 0, width: 640, height: 640 };
const BOTH: Region = { x: 0, y: 0, width: 1920, height: 640 };
const INSIDE: Region = { x: 64, y: 64, width: 64, height: 64 };

/** A video and the names of its effects. */
class Run {
  state: VideoState = initial(false);
  effects: Effect[] = [];
  now = 1000;

  constructor(...events: VideoEvent[]) {
    this.tell(...events);
  }

  tell(...events: VideoEvent[]): string {
    this.effects = [];
    for (const event of events) {
      const [state, effects] = step(this.state, event, this.now);
      this.state = state;
      this.effects.push(...effects);
    }
    return this.effects.map((effect) => effect.do).join(" ");
  }
}

const REST: VideoEvent = { kind: "rest", pause: 0 };
const OPEN: VideoEvent[] = [{ kind: "due" }, { kind: "opened" }];
const ENTERING: VideoEvent[] = [...OPEN, { kind: "moves", region: LEFT }];
const ON: VideoEvent[] = [...ENTERING, { kind: "shown", region: LEFT }];

test("from RFB to video and back", () => {
  const run = new Run();
  assert.equal(run.tell(...OPEN), "open");
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "start");
  assert.equal(isShown(run.state), false);
  assert.equal(run.tell({ kind: "shown", region: LEFT }), "show");
  assert.equal(isShown(run.state), true);
  assert.equal(run.tell(REST), "stop resume");
  assert.equal(isShown(run.state), true);
  assert.equal(run.tell({ kind: "painted" }), "hide");
  assert.equal(isShown(run.state), false);
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "start");
});

test("the server's region counts, which may be larger", () => {
  const run = new Run(...ENTERING);
  run.tell({ kind: "shown", region: BOTH });
  assert.deepEqual(run.effects, [{ do: "show", region: BOTH }]);
  assert.equal(run.tell({ kind: "moves", region: RIGHT }), "");
});

test("a region grows with the motion, and RFB shows the rest until its frames come", () => {
  for (const before of [ENTERING, ON]) {
    const run = new Run(...before);
    assert.equal(run.tell({ kind: "moves", region: INSIDE }), "");
    run.tell({ kind: "moves", region: RIGHT });
    assert.deepEqual(run.effects, [{ do: "start", region: BOTH }]);
    assert.equal(isShown(run.state), before === ON);
    assert.equal(run.tell({ kind: "moves", region: RIGHT }), "");
    assert.equal(run.tell({ kind: "shown", region: BOTH }), "show");
  }
});

test("motion counts only where video is possible", () => {
  const moves: VideoEvent = { kind: "moves", region: LEFT };
  assert.equal(new Run().tell(moves), "");
  assert.equal(new Run({ kind: "due" }).tell(moves), "");
  assert.equal(new Run(...OPEN, { kind: "hidden" }).tell(moves), "");
  assert.equal(new Run(...OPEN, { kind: "hidden" }, { kind: "visible" }).tell(moves), "start");
  assert.equal(new Run(...ON, REST).tell(moves), "");
});

test("a region that calms before its first frame", () => {
  const run = new Run(...ENTERING);
  assert.equal(run.tell(REST), "stop hide");
  assert.equal(run.tell({ kind: "shown", region: LEFT }), "");
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "start");
});

test("a pause that the server requests", () => {
  const run = new Run(...ON);
  run.tell({ kind: "rest", pause: 10_000 }, { kind: "painted" });
  run.now += 9999;
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "");
  run.now += 1;
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "start");
});

test("a hidden page and a resized desktop have no video at once", () => {
  for (const kind of ["hidden", "resized"] as const) {
    assert.equal(new Run(...ON).tell({ kind }), "stop resume hide");
    assert.equal(new Run(...ON, REST).tell({ kind }), "stop resume hide");
    assert.equal(new Run(...ENTERING).tell({ kind }), "stop resume hide");
    assert.equal(new Run(...OPEN).tell({ kind }), "");
    assert.equal(new Run(...ON, { kind }).tell({ kind: "painted" }), "");
  }
});

test("frames that do not come end the video for a while", () => {
  for (const before of [ENTERING, ON]) {
    const run = new Run(...before);
    run.tell({ kind: "stalled" }, { kind: "painted" });
    assert.equal(run.tell({ kind: "moves", region: LEFT }), "");
    run.now += 4999;
    assert.equal(run.tell({ kind: "moves", region: LEFT }), "");
    run.now += 1;
    assert.equal(run.tell({ kind: "moves", region: LEFT }), "start");
  }
  assert.equal(new Run(...OPEN).tell({ kind: "stalled" }), "");
});

test("a lost connection is opened again, later each time; a shown frame resets this", () => {
  const run = new Run();
  const pauses = [5, 10, 20, 40, 60, 60].map((seconds) => ({ do: "pause", ms: 1000 * seconds }));
  for (const pause of pauses) {
    run.tell({ kind: "due" }, { kind: "closed" });
    assert.deepEqual(run.effects, [{ do: "open" }, pause]);
  }
  run.tell(...ON);
  assert.equal(run.tell({ kind: "closed" }), "pause resume");
  assert.deepEqual(run.effects[0], pauses[0]);
  assert.equal(isShown(run.state), true);
  assert.equal(run.tell({ kind: "painted" }), "hide");
});

test("after a refusal there is no further attempt", () => {
  const run = new Run(...ON);
  assert.equal(run.tell({ kind: "refused" }), "close resume");
  assert.equal(run.tell({ kind: "painted" }), "hide");
  assert.equal(run.tell({ kind: "closed" }), "");
  assert.equal(run.tell({ kind: "moves", region: LEFT }), "");
});

test("after a refusal, events of an earlier attempt have no effect", () => {
  const pausing: VideoEvent[] = [{ kind: "due" }, { kind: "closed" }];
  assert.equal(new Run(...pausing, { kind: "refused" }).tell({ kind: "due" }), "");
  const opening: VideoEvent[] = [{ kind: "due" }, { kind: "refused" }, { kind: "opened" }];
  assert.equal(new Run(...opening).state.connected, "off");
});

test("one connection is opened at a time", () => {
  assert.equal(new Run({ kind: "due" }).tell({ kind: "due" }), "");
  assert.equal(new Run(...OPEN).tell({ kind: "due" }), "");
  assert.equal(new Run(...OPEN, { kind: "closed" }).tell({ kind: "closed" }), "");
});
