/**
 * The page's life as a pure function: bring the session up, connect, and connect again, until there is nothing to
 * connect to. `life.ts` does what it says.
 */
import { Failure, type Session } from "../api";
import type { Attempt, CardContent, Effect, LifeEvent, LifeState, NoticeContent, Way } from "./state";

export type Transition = [LifeState, Effect[]];

/** Two pages that come at the same instant can spoil each other's password; more than this is something else. */
const REFUSALS = 5;
/** So many sockets in a row that do not open, although the server answers, are no accident. */
const BLOCKED = 3;
/** After so many answers of the hub in a row, some seconds, the server has ended. */
const ABSENT = 5;
/** A connection that breaks sooner than this does not start the delays anew. */
const STABLE_MS = 1000;

const NONE_IN_A_ROW = { refusals: 0, blocked: 0, absent: 0 };
const NO_CARD: CardContent = { kind: "none" };
const SAVING: NoticeContent = { kind: "saving" };

/** The page before anything has happened. */
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
      // A connection stays: programs may ask what to do with what is not saved.
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
      // A hidden page waits until it is looked at.
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

/** Forgets all that was, but for what there is to see. */
function begin({ card, notice, ...before }: LifeState, way: Way, now: number): Transition {
  const [state, effects] = bring({ ...initial(before), card, notice }, way, now);
  return [state, [{ do: "let-go" }, ...effects]];
}

function bring(state: LifeState, way: Way, now: number): Transition {
  const asked: LifeState = { ...state, phase: { name: "bringing", way }, session: null, attemptedAt: now };
  const shown = state.picture || way === "look" ? asked : coming(asked, null);
  return [way === "restart" ? { ...shown, notice: SAVING } : shown, [{ do: "bring", way }]];
}

/** The server has answered what the session is like. */
function brought(state: LifeState, session: Session): Transition {
  if (state.phase.name !== "bringing") return [state, []];
  if (state.phase.way === "look" && isOver(session)) return choose(state);
  const [next, effects] = heard({ ...state, phase: { name: "waiting" }, cold: state.cold || session.state === "starting" }, session);
  return [next, mayChange(session) ? [{ do: "watch" }, ...effects] : effects];
}

/** Keeps to what is true of the session. */
function heard(state: LifeState, session: Session): Transition {
  if (state.phase.name === "resting") return [state, []];
  // A desktop that starts after an end is another one.
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

/** No picture yet: the steps. */
function coming(state: LifeState, session: Session | null): LifeState {
  return { ...state, card: { kind: "progress", session }, notice: session ? keptNotice(state) : state.notice };
}

function connect(state: LifeState): Transition {
  return [{ ...state, phase: { name: "connecting" } }, [{ do: "connect" }]];
}

/** A desktop that is just starting is a black screen at first: say what is going on until there is more to see. */
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

/** The watch does not hear of the session. */
function unheard(state: LifeState, failure: Failure): Transition {
  // While there is a connection, that knows better.
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
  // A connection that breaks, unlike one that the display server closes, says nothing of programs that save.
  const state = { ...before, ending: before.ending && failure.kind === "gone" };
  const { inARow } = state;
  // A restart that was not answered may have been done.
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
      // The server hears of the end a moment later than this page, and until then has an old answer.
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
 * At a hub the first answer may be true for a moment only: a proxy that was started again does not know the way to
 * the servers yet, and a server that is being stopped knows its users no more.
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

/** Says that there is no connection. */
function apart(state: LifeState, blocked: boolean): LifeState {
  return { ...state, notice: { kind: "lost", blocked }, card: state.picture ? NO_CARD : state.card };
}

function tryAgain(state: LifeState, now: number): Transition {
  if (state.phase.name !== "pausing") return [state, []];
  const { next } = state.phase;
  return next === "connect" ? connect({ ...state, attemptedAt: now }) : bring(state, next, now);
}

/** The network is there again, or the user. */
function wake(state: LifeState, now: number): Transition {
  const [next, effects] = tryAgain(state, now);
  return [next, [...effects, ...probe(state)]];
}

/** The page may have been asleep. */
function probe({ hidden }: LifeState): Effect[] {
  return hidden ? [] : [{ do: "probe" }];
}

/** The owner closed the connection: perhaps the share link holds no longer. */
function checked(state: LifeState, refusal: Failure | null): Transition {
  if (state.phase.name !== "checking") return [state, []];
  return end(state, refusal?.kind === "refused" ? refusal : state.phase.failure);
}

function notStopped(state: LifeState, failure: Failure): Transition {
  if (failure.kind !== "unreachable") return end(state, failure);
  // The connection tells of the end as well.
  return [isAsked(state.notice) ? { ...state, notice: null } : state, []];
}

/** The desktop that is connected is shown until it has ended, so that programs' questions can be answered. */
function restart(state: LifeState, now: number): Transition {
  if (state.phase.name !== "connected") return begin(state, "restart", now);
  return [{ ...state, restarting: true, notice: SAVING }, [{ do: "restart" }]];
}

function restarted(state: LifeState, answered: boolean, now: number): Transition {
  // Without an answer, the end of a desktop whose programs save says more.
  return state.restarting && (answered || !state.ending) ? begin(state, "restart", now) : [state, []];
}

/** There is no session, and the user is to say what it should be like. */
function choose(state: LifeState): Transition {
  return rest(state, { kind: "form" });
}

function end(state: LifeState, failure: Failure): Transition {
  return rest({ ...state, access: null }, { kind: "ending", failure });
}

function rest(state: LifeState, card: CardContent): Transition {
  return [{ ...state, phase: { name: "resting" }, card, notice: null, picture: false }, [{ do: "let-go" }]];
}

/** The notice that stays when there is more to see: the end that was asked for, or that has begun. */
function keptNotice({ notice, ending, restarting }: LifeState): NoticeContent | null {
  if (ending || restarting) return SAVING;
  return isAsked(notice) ? notice : null;
}

/** The user has asked for the end, and there is no answer yet. */
function isAsked(notice: NoticeContent | null): boolean {
  return notice?.kind === "stopping" || notice?.kind === "cancelling";
}

/** Whether the session is on its way to this page. */
function isComing({ phase: { name } }: LifeState): boolean {
  return name !== "connected" && name !== "resting";
}

function isOver({ state }: Session): boolean {
  return state === "stopped" || state === "failed";
}

/**
 * There is something to wait for: an Xpra that has ended is started again while the session is running, a session that
 * ends is over in a moment, and a job ends at any time.
 */
function mayChange({ state, step, reachable, job }: Session): boolean {
  return state === "starting" || (state === "running" && (!reachable || step === "ending" || job !== null));
}

const REFUSED = {
  message: "The display server refused this page five times in a row.",
  reason: "refused",
  remedy: "Close other pages of this desktop, then try again. If that does not help, restart it from the toolbar.",
};
