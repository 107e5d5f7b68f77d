import assert from "node:assert/strict";
import test from "node:test";
import { beginsAt, timeLeft } from "../../src/view/time-left";

const CASES: [seconds: number, text: string][] = [
  [0, "less than a minute left"],
  [59, "less than a minute left"],
  [60, "1 minute left"],
  [3599, "60 minutes left"],
  [3600, "60 minutes left"],
  [5400, "90 minutes left"],
  [28_800, "8 hours left"],
  [86_390, "24 hours left"],
  [604_799, "7 days left"],
];

for (const [seconds, text] of CASES) {
  test(`${seconds} s are "${text}"`, () => {
    assert.equal(timeLeft(seconds), text);
  });
}

test("a start is shown as a span, and as a time of day if it is soon", () => {
  assert.equal(beginsAt(1000, 1030), "within a minute");
  assert.match(beginsAt(1000 + 1200, 1000), /^at .*\d\d.*, in about 20 minutes$/);
  assert.equal(beginsAt(3 * 86_400, 0), "in about 3 days");
});
