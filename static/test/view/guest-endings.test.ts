import assert from "node:assert/strict";
import test from "node:test";
import { Failure } from "../../src/api/failure";
import { guestEnding } from "../../src/view/guest-endings";
import { naming } from "../../src/view/naming";
import type { Session } from "../../src/api/session";

const nothing = (): void => undefined;
const DESKTOP = naming({ application: null, title: "Desktop" });
const stopped = { state: "stopped", reason: "You logged out.", log: ["a line"] } as Session;
const failed = { ...stopped, state: "failed" } as Session;

test("guests have a reason for each ending", () => {
  const ends: [Failure, string][] = [
    [new Failure("over", { session: stopped }), "session-ended"],
    [new Failure("over", { session: failed }), "session-ended"],
    [new Failure("over"), "not-started"],
    [new Failure("disconnected"), "disconnected"],
    [new Failure("refused", { problem: { message: "It is over.", reason: "share-ended" } }), "share-ended"],
  ];
  for (const [failure, reason] of ends) assert.equal(guestEnding(failure, DESKTOP, nothing)?.[1], reason);
});

test("a guest can try again only after a disconnect, and never sees the owner's log", () => {
  for (const failure of [new Failure("over", { session: failed }), new Failure("over"), new Failure("disconnected")]) {
    const message = guestEnding(failure, DESKTOP, nothing)?.[2];
    assert.equal(message?.action?.label, failure.kind === "disconnected" ? "Try again" : undefined);
    assert.equal(message?.log, undefined);
  }
});

test("other endings have the usual cards", () => {
  const refused = new Failure("refused", { problem: { message: "No.", reason: "not-permitted" } });
  for (const failure of [refused, new Failure("signed-out"), new Failure("elsewhere")]) assert.equal(guestEnding(failure, DESKTOP, nothing), null);
});

test("an application is called by its title", () => {
  const named = naming({ application: "paraview", title: "ParaView" });
  const title = (failure: Failure): string | undefined => guestEnding(failure, named, nothing)?.[2].title;
  assert.equal(title(new Failure("over", { session: stopped })), "ParaView has ended");
  assert.equal(title(new Failure("over")), "ParaView is not running");
});
