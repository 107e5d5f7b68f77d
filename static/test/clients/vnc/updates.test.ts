import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import type RFB from "@novnc/novnc";
import type { Region } from "../../../src/api/size";
import { type Messages, VncUpdates } from "../../../src/clients/vnc/updates";

const SCREEN = { width: 640, height: 480 };
const MIDDLE: Region = { x: 64, y: 128, width: 320, height: 192 };
const WHOLE: Region = { x: 0, y: 0, ...SCREEN };
const TIGHT = 7;
const COPY_RECT = 1;

/** The parts of noVNC that updates use; the real one needs a browser. It handles one message per call, of `next`. */
class FakeRfb {
  readonly sent: unknown[][] = [];
  next: "update" | "end" = "update";
  rectangles: [Region, number][] = [];
  _sock = {};
  _display = { flush: (): Promise<void> => Promise.resolve() };
  _FBU = { x: 0, y: 0, width: 0, height: 0, encoding: null as number | null };
  _enabledContinuousUpdates = true;
  compressionLevel = 2;
  qualityLevel = 6;

  _normalMsg(): boolean {
    if (this.next === "update") return this._framebufferUpdate();
    this._enabledContinuousUpdates = false;
    return true;
  }

  _framebufferUpdate(): boolean {
    for (const [region, encoding] of this.rectangles) {
      this._FBU = { ...region, encoding };
      this._handleDataRect();
    }
    return true;
  }

  _handleDataRect(): boolean {
    return true;
  }

  _updateContinuousUpdates(): void {
    this.sent.push(["by noVNC"]);
  }

  /** The messages sent since the last call. */
  take(): unknown[][] {
    return this.sent.splice(0);
  }

  update(...rectangles: [Region, number][]): void {
    this.next = "update";
    this.rectangles = rectangles;
    this._normalMsg();
  }

  end(): void {
    this.next = "end";
    this._normalMsg();
  }
}

function made(): { rfb: FakeRfb; updates: VncUpdates } {
  const rfb = new FakeRfb();
  const updates = of(rfb);
  assert.ok(updates);
  return { rfb, updates };
}

function of(rfb: FakeRfb, without: Partial<Messages> = {}): VncUpdates | undefined {
  const messages = {
    enableContinuousUpdates: (_: object, ...values: unknown[]) => { rfb.sent.push(["continuous", ...values]); },
    fbUpdateRequest: (_: object, ...values: unknown[]) => { rfb.sent.push(["request", ...values]); },
    ...without,
  };
  return VncUpdates.of(rfb as unknown as RFB, messages as unknown as Messages, () => SCREEN);
}

const AROUND = [
  ["request", true, 0, 0, 640, 128],
  ["request", true, 0, 128, 64, 192],
  ["request", true, 384, 128, 256, 192],
  ["request", true, 0, 320, 640, 160],
];
const COMPLETE = ["continuous", true, 0, 0, 640, 480];

test("the whole screen is left out, and comes back", () => {
  const { rfb, updates } = made();
  updates.leaveOut(WHOLE);
  assert.deepEqual(rfb.take(), [["continuous", true, 0, 0, 0, 0]]);
  assert.equal(rfb.compressionLevel, 1);
  updates.leaveOut({ ...WHOLE });
  rfb.update();
  assert.deepEqual(rfb.take(), []);
  updates.leaveOut(null);
  assert.deepEqual(rfb.take(), [COMPLETE, ["request", false, 0, 0, 1, 1]]);
  assert.equal(rfb.compressionLevel, 2);
  updates.leaveOut(null);
  assert.deepEqual(rfb.take(), []);
});

test("updates around a region are requested, one after the other", () => {
  const { rfb, updates } = made();
  updates.leaveOut(MIDDLE);
  assert.deepEqual(rfb.take(), [["continuous", false, 0, 0, 0, 0], ...AROUND]);
  assert.equal(rfb.compressionLevel, 2);
  rfb.update([{ x: 0, y: 0, width: 10, height: 10 }, TIGHT]);
  assert.deepEqual(rfb.take(), AROUND);
  updates.leaveOut(null);
  assert.deepEqual(rfb.take(), [COMPLETE, ["request", false, 64, 128, 1, 1]]);
  rfb.update([WHOLE, TIGHT]);
  assert.deepEqual(rfb.take(), []);
});

test("a region at the edge of the screen has fewer parts around it", () => {
  const { rfb, updates } = made();
  updates.leaveOut({ x: 0, y: 0, width: 640, height: 240 });
  assert.deepEqual(rfb.take().slice(1), [["request", true, 0, 240, 640, 240]]);
});

test("noVNC does not request the whole screen after our own end of continuous updates, whenever it comes", () => {
  const { rfb, updates } = made();
  updates.leaveOut(MIDDLE);
  rfb.end();
  assert.equal(rfb._enabledContinuousUpdates, true);
  updates.leaveOut(null);
  updates.leaveOut(MIDDLE);
  updates.leaveOut(null);
  rfb.end();
  assert.equal(rfb._enabledContinuousUpdates, true);
  rfb.end();
  assert.equal(rfb._enabledContinuousUpdates, false);
});

test("a change of the screen's size does not bring the region back", () => {
  const { rfb, updates } = made();
  rfb._updateContinuousUpdates();
  assert.deepEqual(rfb.take(), [["by noVNC"]]);
  updates.leaveOut(WHOLE);
  rfb.take();
  rfb._updateContinuousUpdates();
  assert.deepEqual(rfb.take(), [["continuous", true, 0, 0, 0, 0]]);
});

test("each update is reported, without copies, where continuous updates are on", () => {
  const { rfb, updates } = made();
  const seen: (readonly Region[])[] = [];
  updates.onupdate = (rectangles) => seen.push(rectangles);
  rfb.update([MIDDLE, TIGHT], [WHOLE, COPY_RECT]);
  rfb.update([WHOLE, COPY_RECT]);
  rfb.update();
  rfb.update([WHOLE, TIGHT]);
  rfb._enabledContinuousUpdates = false;
  rfb.update([WHOLE, TIGHT]);
  assert.deepEqual(seen, [[MIDDLE], [WHOLE]]);
});

test("an update inside a region is waited for, until it is painted", async () => {
  const { rfb, updates } = made();
  let painted = 0;
  let flushed = (): void => undefined;
  rfb._display.flush = () => new Promise((resolve) => { flushed = resolve; });
  void updates.painted(MIDDLE).then(() => { painted += 1; });
  const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
  rfb.update([{ x: 0, y: 0, width: 64, height: 128 }, TIGHT]);
  flushed();
  await turn();
  assert.equal(painted, 0);
  rfb.update([{ x: 64, y: 128, width: 1, height: 1 }, COPY_RECT]);
  await turn();
  assert.equal(painted, 0);
  flushed();
  await turn();
  assert.equal(painted, 1);
});

test("pictures are coarse in motion, and the whole screen is requested afterwards", () => {
  const { rfb, updates } = made();
  updates.coarse(true);
  assert.equal(rfb.qualityLevel, 2);
  updates.coarse(true);
  assert.deepEqual(rfb.take(), []);
  updates.coarse(false);
  updates.coarse(false);
  assert.equal(rfb.qualityLevel, 6);
  assert.deepEqual(rfb.take(), [["request", false, 0, 0, WHOLE.width, WHOLE.height]]);
});

test("with other internals there are no such updates, and noVNC is left alone", () => {
  for (const name of ["_normalMsg", "_framebufferUpdate", "_handleDataRect", "_updateContinuousUpdates", "_display", "_FBU", "_sock"]) {
    const rfb = new FakeRfb();
    Object.defineProperty(rfb, name, { value: undefined });
    assert.equal(of(rfb), undefined, name);
  }
  for (const name of ["_enabledContinuousUpdates", "compressionLevel", "qualityLevel"]) {
    const rfb = new FakeRfb();
    Object.defineProperty(rfb, name, { value: "else" });
    assert.equal(of(rfb), undefined, name);
  }
  const rfb = new FakeRfb();
  for (const name of ["enableContinuousUpdates", "fbUpdateRequest"]) assert.equal(of(rfb, { [name]: undefined }), undefined, name);
  rfb._updateContinuousUpdates();
  assert.deepEqual(rfb.take(), [["by noVNC"]]);
});

test("noVNC has these internals", () => {
  const code = readFileSync("node_modules/@novnc/novnc/core/rfb.js", "utf8");
  for (const method of ["_normalMsg", "_framebufferUpdate", "_handleDataRect", "_updateContinuousUpdates"]) {
    assert.match(code, new RegExp(`^    ${method}\\(\\) \\{`, "m"));
    assert.match(code, new RegExp(`this\\.${method}\\(\\)`));
  }
  for (const property of ["_display", "_sock"]) assert.match(code, new RegExp(`this\\.${property} = new `));
  assert.match(code, /this\._enabledContinuousUpdates = false;/);
  assert.match(code, /this\._FBU = \{\s+rects: 0,\s+x: 0,\s+y: 0,\s+width: 0,\s+height: 0,\s+encoding: null,/);
  for (const level of ["compressionLevel", "qualityLevel"]) assert.match(code, new RegExp(`set ${level}\\(`));
  for (const message of ["enableContinuousUpdates(sock, enable, x, y, width, height)", "fbUpdateRequest(sock, incremental, x, y, w, h)"]) {
    assert.ok(code.includes(`    ${message} {`), message);
  }
  assert.match(readFileSync("node_modules/@novnc/novnc/core/display.js", "utf8"), /^ {4}flush\(\) \{/m);
});
