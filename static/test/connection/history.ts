/** Histories of the page as tables: time, event, visible state, effects. */
import assert from "node:assert/strict";
import { Failure, type FailureKind, type Problem, type Session } from "../../src/api";
import { initial, step } from "../../src/connection/machine";
import type { Effect, LifeEvent, LifeState, Way } from "../../src/connection/state";
import { Endings } from "../../src/view/endings";
import { publicStateOf } from "../../src/view/public-state";

/** Seconds, the event, the visible state, and the effects. */
export type Line = [at: number, event: LifeEvent, shows: string, does?: string];

interface Page {
  /** The page was opened by a share. */
  guest?: boolean;
  atHub?: boolean;
  hidden?: boolean;
}

/** Plays a history, line by line, and returns the state at its end. */
export function play(lines: Line[], { guest = false, atHub = false, hidden = false }: Page = {}): LifeState {
  let state = initial({ hidden, online: true, atHub });
  lines.forEach(([at, event, shows, does = ""], index) => {
    const [next, effects] = step(state, event, at * 1000);
    const line = `line ${index + 1}, ${event.kind}`;
    assert.equal(shown(next, guest), shows, line);
    assert.equal(effects.map(named).join(", "), does, line);
    state = next;
  });
  return state;
}

/** The public state (and its reason), then card and notice, if any, then whether the page is view-only. */
function shown(state: LifeState, guest: boolean): string {
  const { card, notice, access } = state;
  const parts = [publicState(state, guest), card?.kind === "progress" ? "steps" : "", notice?.kind === "lost" && notice.blocked ? "blocked" : (notice?.kind ?? "")];
  return [...parts, access === "view" ? "view only" : ""].filter(Boolean).join(", ");
}

function publicState(state: LifeState, guest: boolean): string {
  const { card } = state;
  if (card?.kind === "form") return "form";
  if (card?.kind !== "ending") return publicStateOf(state);
  const [ending, reason] = endings(guest).of(card.failure);
  return `${ending}: ${reason}`;
}

export function endings(guest: boolean): Endings {
  const nothing = (): void => undefined;
  const page = { application: null, title: "Desktop", share: guest ? "key" : null, login: "/login" };
  return new Endings(page, { begin: nothing, useHere: nothing, reload: nothing });
}

/** An effect and its details. */
function named(effect: Effect): string {
  switch (effect.do) {
    case "bring":
      return effect.way;
    case "pause":
      return `pause ${effect.pauses} since ${effect.since / 1000}`;
    case "show-log":
      return effect.lines.join();
    default:
      return effect.do;
  }
}

const JOB = { id: "7", waiting: null, starts: null, ends: null, node: "n1", warnings: [], now: 0 };

function session(told: Partial<Session>): Session {
  return { name: "default", backend: "vnc", state: "running", step: "running", reachable: true, error: null, reason: null, status: null, log: [], viewers: [], job: null, ...told };
}

export const STARTING = session({ state: "starting", step: "display-server", reachable: false });
export const REACHABLE = session({ state: "starting", step: "session" });
export const RUNNING = session({});
/** Xpra is restarting. */
export const OUT_OF_REACH = session({ reachable: false });
export const QUEUED = session({ state: "starting", step: "queue", reachable: false, job: { ...JOB, waiting: "resources" } });
export const IN_JOB = session({ job: JOB });
export const ENDING = session({ step: "ending" });
export const STOPPED = session({ state: "stopped", reachable: false, reason: "You logged out." });
export const FAILED = session({ state: "failed", step: "session", reachable: false, error: { reason: "xstartup-failed", message: "It failed." } });

export const begin = (way: Way): LifeEvent => ({ kind: "begin", way });
export const brought = (known: Session): LifeEvent => ({ kind: "brought", session: known });
export const heard = (known: Session): LifeEvent => ({ kind: "session", session: known });
export const stopped: LifeEvent = { kind: "stopped", session: STOPPED };
export const failed = (kind: FailureKind, problem?: Problem): LifeEvent => ({ kind: "failed", failure: failure(kind, problem) });
export const unheard = (kind: FailureKind): LifeEvent => ({ kind: "unheard", failure: failure(kind) });
export const lost = (kind: FailureKind, picture = true): LifeEvent => ({ kind: "lost", failure: failure(kind), picture });
export const refusal = (problem: Problem): LifeEvent => ({ kind: "checked", refusal: failure("refused", problem) });
export const CONNECTED: LifeEvent = { kind: "connected", access: "full" };
export const LOOKING_ON: LifeEvent = { kind: "connected", access: "view" };
export const SEEN: LifeEvent = { kind: "seen" };
export const SAVES: LifeEvent = { kind: "ending" };
export const STOP: LifeEvent = { kind: "stop", cancel: false };
export const notStopped = (kind: FailureKind): LifeEvent => ({ kind: "not-stopped", failure: failure(kind) });
export const DUE: LifeEvent = { kind: "due" };

function failure(kind: FailureKind, problem?: Problem): Failure {
  return new Failure(kind, problem ? { problem } : {});
}

/** The page shows the desktop. */
export const TO_CONNECTED: Line[] = [
  [0, begin("start"), "starting, steps", "let-go, start"],
  [0, brought(RUNNING), "connecting, steps", "prepare, unwatch, connect"],
  [1, CONNECTED, "connected, steps"],
  [1, SEEN, "connected"],
];

/** Another user's desktop. */
export const TO_LOOKING_ON: Line[] = [
  [0, begin("ask"), "starting, steps", "let-go, ask"],
  [0, brought(RUNNING), "connecting, steps", "prepare, unwatch, connect"],
  [1, LOOKING_ON, "connected, steps, view only"],
  [1, SEEN, "connected, view only"],
];
