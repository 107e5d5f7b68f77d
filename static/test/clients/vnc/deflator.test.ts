import assert from "node:assert/strict";
import test from "node:test";
import { constants, inflateSync } from "node:zlib";
import Deflator from "../../../node_modules/@novnc/novnc/core/deflator.js";

/** Text that hardly deflates, the same in each run. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return 33 + ((state >>> 8) % 90);
  });
}

test("noVNC's deflator, as bundled, keeps all of a large clipboard text", () => {
  for (const length of [10, 100_000, 125_000, 130_000, 140_000, 262_144, 1_048_576, 1_500_000]) {
    const text = noise(length);
    const deflated = new Deflator().deflate(text);
    const back = inflateSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH });
    assert.ok(back.equals(text), `${length} bytes`);
  }
});
