import assert from "node:assert/strict";
import test from "node:test";
import { Api } from "../../src/api/api";
import type { PageData } from "../../src/api/page-data";
import type { Owner } from "../../src/dom/owner";

/** The server's limit for the start of the encoder: `_START_TIMEOUT` of desktop/session/video.py. */
const ENCODER_START_MS = 15_000;

test("a ticket for video may take longer than the start of the encoder", async () => {
  Object.assign(globalThis, {
    document: { baseURI: "http://localhost/desktop/" },
    fetch: () => Promise.resolve({ ok: true, json: () => ({}) }),
  });
  const limits: number[] = [];
  const owner = {
    after: (ms: number) => {
      limits.push(ms);
      return () => undefined;
    },
    finally: () => () => undefined,
  } as unknown as Owner;
  const api = new Api({ root: "/", session: "desktop", share: null, xsrf: "" } as PageData);
  await api.ticket("page", owner, "video");
  assert.ok((limits[0] ?? 0) >= ENCODER_START_MS + 5000);
});
