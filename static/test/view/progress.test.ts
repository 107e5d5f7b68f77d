import assert from "node:assert/strict";
import test from "node:test";
import { progress } from "../../src/view/progress";
import type { Session } from "../../src/api/session";

const statuses = (step: Session["step"], state: Session["state"]): string =>
  progress({ step, state })
    .map(({ status }) => status)
    .join(" ");

test("the first step is current before the server has answered", () => {
  assert.deepEqual(
    progress(null).map(({ status }) => status),
    ["current", "waiting", "waiting", "waiting"],
  );
});

test("the server's step is current, and the steps before it are done", () => {
  assert.equal(statuses("display-server", "starting"), "current waiting waiting waiting");
  assert.equal(statuses("session", "starting"), "done current waiting waiting");
  assert.equal(statuses("window-manager", "starting"), "done done current waiting");
  assert.equal(statuses("running", "running"), "done done done current");
});

test("a desktop that is ending has no steps", () => {
  assert.deepEqual(progress({ step: "ending", state: "running" }), []);
});

test("an unknown step counts as the first", () => {
  assert.equal(statuses("warp-drive" as Session["step"], "starting"), "current waiting waiting waiting");
});

test("an application is named in the steps", () => {
  const labels = (application: string | null): string => progress(null, application).map(({ label }) => label).join();
  assert.match(labels("ParaView"), /Start ParaView,Wait for its window/);
  assert.doesNotMatch(labels(null), /ParaView|null/);
});

const JOB = { id: "7", waiting: "all nodes that fit are busy (Resources)", starts: 1200, ends: null, node: "", warnings: [], now: 0 };

test("in a job there are two steps before the others", () => {
  const steps = progress({ step: "display-server", state: "starting", job: JOB });
  assert.deepEqual(
    steps.map(({ status }) => status),
    ["done", "done", "current", "waiting", "waiting", "waiting"],
  );
  assert.equal(progress(null, null, true)[0]?.label, "Submit the job");
});

test("a waiting job shows why, and its expected start", () => {
  const detail = (job: object): string | undefined =>
    progress({ step: "queue", state: "starting", job: { ...JOB, ...job } })[1]?.detail;
  assert.match(detail({}) ?? "", /^All nodes that fit are busy \(Resources\)\. It is expected to begin at .*, in about 20 minutes\.$/);
  assert.equal(detail({ starts: null }), "All nodes that fit are busy (Resources).");
  assert.equal(detail({ waiting: null, node: "n1" }), "On n1.");
});
