import assert from "node:assert/strict";
import test from "node:test";
import { progress } from "../../src/view/progress";
import type { Session } from "../../src/api/session";

const statuses = (step: Session["step"], state: Session["state"]): string =>
  progress({ step, state })
    .map(({ status }) => status)
    .join(" ");

test("before the server answered, the first step is the current one", () => {
  assert.deepEqual(
    progress(null).map(({ status }) => status),
    ["current", "waiting", "waiting", "waiting"],
  );
});

test("each step the server names is the current one, those before it are done", () => {
  assert.equal(statuses("display-server", "starting"), "current waiting waiting waiting");
  assert.equal(statuses("session", "starting"), "done current waiting waiting");
  assert.equal(statuses("window-manager", "starting"), "done done current waiting");
  assert.equal(statuses("running", "running"), "done done done current");
});

test("a desktop that ends has no step before it any more", () => {
  assert.deepEqual(progress({ step: "ending", state: "running" }), []);
});

test("a step this page does not know counts as the first", () => {
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

test("a job that waits says why, and until when", () => {
  const detail = (job: object): string | undefined =>
    progress({ step: "queue", state: "starting", job: { ...JOB, ...job } })[1]?.detail;
  assert.match(detail({}) ?? "", /^All nodes that fit are busy \(Resources\)\. It is expected to begin at .*, in about 20 minutes\.$/);
  assert.equal(detail({ starts: null }), "All nodes that fit are busy (Resources).");
  assert.equal(detail({ waiting: null, node: "n1" }), "On n1.");
});
