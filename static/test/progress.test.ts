import assert from "node:assert/strict";
import test from "node:test";
import { progress } from "../src/progress";
import type { Session } from "../src/session";

const statuses = (step: Session["step"], state: Session["state"], connected: boolean): string =>
  progress({ step, state }, connected)
    .map(({ status }) => status)
    .join(" ");

test("before the server answered, the first step is the current one", () => {
  assert.deepEqual(
    progress(null, false).map(({ status }) => status),
    ["current", "waiting", "waiting", "waiting"],
  );
});

test("each step the server names is the current one, those before it are done", () => {
  assert.equal(statuses("display-server", "starting", false), "current waiting waiting waiting");
  assert.equal(statuses("session", "starting", false), "done current waiting waiting");
  assert.equal(statuses("window-manager", "starting", false), "done done current waiting");
  assert.equal(statuses("running", "running", false), "done done done current");
  assert.equal(statuses("running", "running", true), "done done done done");
});

test("a step this page does not know counts as the first", () => {
  assert.equal(statuses("warp-drive" as Session["step"], "starting", false), "current waiting waiting waiting");
});
