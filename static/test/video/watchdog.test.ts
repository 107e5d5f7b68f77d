import assert from "node:assert/strict";
import test from "node:test";
import { Watchdog } from "../../src/video/watchdog";

/** The results of checks, each after `heard` messages. */
function checks(watchdog: Watchdog, ...heard: number[]): boolean[] {
  return heard.map((count) => {
    for (let number = 0; number < count; number += 1) watchdog.heard();
    return watchdog.hangs(true);
  });
}

test("a worker without messages for more than three checks hangs", () => {
  assert.deepEqual(checks(new Watchdog(3), 0, 0, 0, 0), [false, false, false, true]);
});

test("each message restarts the count", () => {
  assert.deepEqual(checks(new Watchdog(3), 4, 0, 0, 1, 0, 0), [false, false, false, false, false, false]);
});

test("checks while no messages are expected do not count", () => {
  const watchdog = new Watchdog(3);
  for (let number = 0; number < 10; number += 1) assert.equal(watchdog.hangs(false), false);
  assert.deepEqual(checks(watchdog, 0, 0, 0, 0), [false, false, false, true]);
});
