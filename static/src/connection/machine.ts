/**
 * The page's state machine, as a pure function: start the session, connect and reconnect, until the session has ended.
 * `life.ts` runs the effects.
 */
import { Failure, type Session } from "../api";
import type { Attempt, CardContent, Effect, LifeEvent, LifeState, NoticeContent, Way } from "./state";

export type Transition = [LifeState, Effect[]];

/** Two pages that connect at the same moment can replace each other's password; more refusals have another cause. */
const REFUSALS = 5;
/** After this many sockets in a row that do not open although the server answers, something blocks WebSockets. */
const BLOCKED = 3;
/** After this many answers of the hub in a row (some seconds), the server has ended. */
const ABSENT = 5;
/** A connection that breaks sooner than this does not reset the delays. */
const STABLE_MS = 1000;

const NONE_IN_A_ROW = { refusals: 0, blocked: 0, absent: 0 };
const NO_CARD: CardContent = { kind: "none" };
const SAVING: NoticeContent = { kind: "saving" };

/** The state before the first event. */
export function initial({ hidden, online, atHub }: Pick<LifeState, "hidden" | "online" | "atHub">): LifeState {
  return {
    phase: { name: "resting" },
    session: null,
    card: null,
    notice: null,
    picture: false,
    access: null,
    cold: false,
    ending: false,
    restarting: false,
    pauses: 0,
    attemptedAt: 0,
    connectedAt: 0,
    inARow: NONE_IN_A_ROW,
    hidden,
    online,
    atHub,
  };
}

/** The state after an event at a time (ms), and the effects to run. */
export function step(state: LifeState, event: LifeEvent, now: number): Transition {
  switch (event.kind) {
    case "begin":
      return begin(state, event.way, now);
    case "brought":
      return brought(state, event.session);
    case "session":
      return heard(state, event.session);
    case "log":
      return [state, isComing(state) ? [{ do: "show-log", lines: event.lines }] : []];
    case "unheard":
      return unheard(state, event.failure);
    case "failed":
      return failed(state, event.failure);
    case "connected":
      return [{ ...state, phase: { name: "connected" }, access: event.access, connectedAt: now, inARow: NONE_IN_A_ROW }, []];
    case "seen":
      return settle({ ...state, card: NO_CARD, picture: false, notice: keptNotice(state) });
    case "painted":
      return [{ ...state, cold: false, notice: keptNotice(state) }, []];
    case "ending":
      return [{ ...state, ending: true, notice: SAVING }, []];
    case "lost":
      return lost(state, event.failure, event.picture, now);
    case "checked":
      return checked(state, event.refusal);
    case "stop":
      // The connection stays: programs may ask about unsaved work.
      return [{ ...state, notice: { kind: event.cancel ? "cancelling" : "stopping" } }, [{ do: "stop" }]];
    case "stopped":
      return end(state, new Failure("over", { session: event.session }));
    case "not-stopped":
      return notStopped(state, event.failure);
    case "restart":
      return restart(state, now);
    case "restarted":
      return restarted(state, event.answered, now);
    case "due":
      // A hidden page waits until it is shown.
      return state.hidden ? [state, []] : tryAgain(state, now);
    case "retry":
      return tryAgain(state, now);
    case "online":
      return wake({ ...state, online: true }, now);
    case "shown":
      return wake({ ...state, hidden: false }, now);
    case "hidden":
      return [{ ...state, hidden: true }, []];
    case "offline":
      return [{ ...state, online: false }, probe(state)];
    case "thawed":
      return [state, probe(state)];
  }
}

/** Resets the state, but keeps card and notice. */
function begin({ card, notice, ...before }: LifeState, way: Way, now: number): Transition {
  const [state, effects] = bring({ ...initial(before), card, notice }, way, now);
  return [state, [{ do: "let-go" }, ...effects]];
}

function bring(state: LifeState, way: Way, now: number): Transition {
  const asked: LifeState = { ...state, phase: { name: "bringing", way }, session: null, attemptedAt: now };
  const shown = state.picture || way === "look" ? asked : coming(asked, null);
  return [way === "restart" ? { ...shown, notice: SAVING } : shown, [{ do: "bring", way }]];
}

/** The server has returned the session. */
function brought(state: LifeState, session: Session): Transition {
  if (state.phase.name !== "bringing") return [state, []];
  if (state.phase.way === "look" && isOver(session)) return choose(state);
  const [next, effects] = heard({ ...state, phase: { name: "waiting" }, cold: state.cold || session.state === "starting" }, session);
  return [next, mayChange(session) ? [{ do: "watch" }, ...effects] : effects];
}

/** Applies the session's latest state. */
function heard(state: LifeState, session: Session): Transition {
  if (state.phase.name === "resting") return [state, []];
  // A desktop that starts after an end is another one; the picture is of the old one.
  const picture = state.picture && !(state.ending && session.state === "starting");
  const known: LifeState = { ...state, session, picture, ending: session.state === "running" && session.step === "ending" };
  const effects: Effect[] = [{ do: "prepare", backend: session.backend }, ...(mayChange(session) ? [] : [{ do: "unwatch" } as const])];
  const [next, more] = isOver(session) ? end(known, new Failure("over", { session })) : follow(known, session);
  return [next, [...effects, ...more]];
}

function follow(state: LifeState, session: Session): Transition {
  if (state.phase.name === "connected") return settle(state);
  const shown = state.picture ? { ...state, notice: state.ending ? SAVING : state.notice } : coming(state, session);
  return state.phase.name === "waiting" && session.reachable && session.step !== "ending" ? connect(shown) : [shown, []];
}

/** Shows the steps, while there is no picture. */
function coming(state: LifeState, session: Session | null): LifeState {
  return { ...state, card: { kind: "progress", session }, notice: session ? keptNotice(state) : state.notice };
}

function connect(state: LifeState): Transition {
  return [{ ...state, phase: { name: "connecting" } }, [{ do: "connect" }]];
}

/** A desktop that is just starting has a black screen at first: a notice says so until something is painted. */
function settle(state: LifeState): Transition {
  if (state.ending) return [{ ...state, notice: SAVING }, []];
  if (!state.cold) return [state, []];
  return [{ ...state, notice: { kind: "beginning" } }, state.session?.state === "running" ? [{ do: "await-paint" }] : []];
}

function lost(state: LifeState, failure: Failure, picture: boolean, now: number): Transition {
  if (state.restarting) return begin(state, "restart", now);
  const pauses = now - state.connectedAt >= STABLE_MS ? 0 : state.pauses;
  return recover({ ...state, picture: state.picture || picture, pauses, attemptedAt: now }, failure, "connect");
}

/** The watch could not get the session's state. */
function unheard(state: LifeState, failure: Failure): Transition {
  // An open connection is more reliable.
  if (!isComing(state)) return [state, []];
  return failure.kind === "unreachable" ? [apart(state, false), []] : end(state, failure);
}

function failed(state: LifeState, failure: Failure): Transition {
  switch (state.phase.name) {
    case "bringing":
      if (state.phase.way === "look" && failure.kind === "gone") return choose(state);
      return recover(state, failure, state.phase.way);
    case "connecting":
      return recover(state, failure, "connect");
    default:
      return [state, []];
  }
}

/** The next step after a failure of the last attempt. */
function recover(before: LifeState, failure: Failure, last: Attempt): Transition {
  // Only the display server's close means that programs are still saving; after a network failure that is unknown.
  const state = { ...before, ending: before.ending && failure.kind === "gone" };
  const { inARow } = state;
  // A restart without an answer may have been done: do not repeat it.
  const same = last === "restart" ? "start" : last;
  switch (failure.kind) {
    case "unreachable":
    case "blocked":
      return pause({ ...state, inARow: { ...inARow, blocked: failure.kind === "blocked" ? inARow.blocked + 1 : 0 } }, same);
    case "signed-out":
    case "not-running":
      return awaitServer({ ...state, inARow: { ...inARow, absent: inARow.absent + 1 } }, failure, same);
    case "not-ready":
      return pause(state, "ask");
    case "gone":
      // The server notices the end a moment later than this page; until then its answer is out of date.
      return last === "ask" ? end(state, new Failure("over")) : pause(state, "ask");
    case "not-authorised":
      return knock({ ...state, inARow: { ...inARow, refusals: inARow.refusals + 1 } });
    case "disconnected":
      return [{ ...state, phase: { name: "checking", failure } }, [{ do: "check" }]];
    default:
      return end(state, failure);
  }
}

/**
 * At a hub the first answer may be temporary: a restarted proxy has no routes to the servers yet, and a server that is
 * being stopped no longer recognises its users.
 */
function awaitServer(state: LifeState, failure: Failure, next: Attempt): Transition {
  return !state.atHub || state.inARow.absent >= ABSENT ? end(state, failure) : pause(state, next);
}

/** The next ticket brings another password. */
function knock(state: LifeState): Transition {
  return state.inARow.refusals >= REFUSALS ? end(state, new Failure("refused", { problem: REFUSED })) : pause(state, "connect");
}

function pause(state: LifeState, next: Attempt): Transition {
  const { pauses, attemptedAt: since, inARow } = state;
  const shown = state.ending ? state : apart(state, inARow.blocked >= BLOCKED);
  return [{ ...shown, phase: { name: "pausing", next }, pauses: pauses + 1 }, [{ do: "pause", pauses, since }]];
}

/** Shows that there is no connection. */
function apart(state: LifeState, blocked: boolean): LifeState {
  return { ...state, notice: { kind: "lost", blocked }, card: state.picture ? NO_CARD : state.card };
}

function tryAgain(state: LifeState, now: number): Transition {
  if (state.phase.name !== "pausing") return [state, []];
  const { next } = state.phase;
  return next === "connect" ? connect({ ...state, attemptedAt: now }) : bring(state, next, now);
}

/** The network or the user is back. */
function wake(state: LifeState, now: number): Transition {
  const [next, effects] = tryAgain(state, now);
  return [next, [...effects, ...probe(state)]];
}

/** Checks the connection: the page may have been asleep. */
function probe({ hidden }: LifeState): Effect[] {
  return hidden ? [] : [{ do: "probe" }];
}

/** The owner closed the connection: the share may have ended, too. */
function checked(state: LifeState, refusal: Failure | null): Transition {
  if (state.phase.name !== "checking") return [state, []];
  return end(state, refusal?.kind === "refused" ? refusal : state.phase.failure);
}

function notStopped(state: LifeState, failure: Failure): Transition {
  if (failure.kind !== "unreachable") return end(state, failure);
  // The connection shows the end as well.
  return [isAsked(state.notice) ? { ...state, notice: null } : state, []];
}

/** Shows the connected desktop until it has ended, so that users can answer programs' questions. */
function restart(state: LifeState, now: number): Transition {
  if (state.phase.name !== "connected") return begin(state, "restart", now);
  return [{ ...state, restarting: true, notice: SAVING }, [{ do: "restart" }]];
}

function restarted(state: LifeState, answered: boolean, now: number): Transition {
  // Without an answer, wait for the end of a desktop whose programs are saving.
  return state.restarting && (answered || !state.ending) ? begin(state, "restart", now) : [state, []];
}

/** Shows the form, since there is no session. */
function choose(state: LifeState): Transition {
  return rest(state, { kind: "form" });
}

function end(state: LifeState, failure: Failure): Transition {
  return rest({ ...state, access: null }, { kind: "ending", failure });
}

function rest(state: LifeState, card: CardContent): Transition {
  return [{ ...state, phase: { name: "resting" }, card, notice: null, picture: false }, [{ do: "let-go" }]];
}

/** The notice that stays when the desktop is shown: an end was requested, or has begun. */
function keptNotice({ notice, ending, restarting }: LifeState): NoticeContent | null {
  if (ending || restarting) return SAVING;
  return isAsked(notice) ? notice : null;
}

/** Whether the user has requested the end, and there is no answer yet. */
function isAsked(notice: NoticeContent | null): boolean {
  return notice?.kind === "stopping" || notice?.kind === "cancelling";
}

/** Whether this page is getting or reconnecting to the session. */
function isComing({ phase: { name } }: LifeState): boolean {
  return name !== "connected" && name !== "resting";
}

function isOver({ state }: Session): boolean {
  return state === "stopped" || state === "failed";
}

/**
 * Whether the session is to be watched: Xpra may be restarting while the session is running, an ending session is over
 * in a moment, and a job can end at any time.
 */
function mayChange({ state, step, reachable, job }: Session): boolean {
  return state === "starting" || (state === "running" && (!reachable || step === "ending" || job !== null));
}

const REFUSED = {
  message: "The display server refused this page five times in a row.",
  reason: "refused",
  remedy: "Close other pages of this desktop, then try again. If that does not help, restart it from the toolbar.",
};
