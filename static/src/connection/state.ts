/** Types of the state machine: state, events and effects. */
import type { Access, Failure, Session } from "../api";

/** Ways to get a session: start it, restart it, ask for an existing one, look whether there is one. */
export type Way = "start" | "restart" | "ask" | "look";

/** The step to retry: getting the session, or only the connection to it. */
export type Attempt = Way | "connect";

export type Phase =
  /** The server was asked for the session, and has not answered. */
  | { name: "bringing"; way: Way }
  /** The session is starting, and cannot be reached yet. */
  | { name: "waiting" }
  /** A connection is being made. */
  | { name: "connecting" }
  | { name: "connected" }
  /** Waiting before another attempt. */
  | { name: "pausing"; next: Attempt }
  /** The owner closed the connection; checking whether the share has ended. */
  | { name: "checking"; failure: Failure }
  /** Idle until the user acts. */
  | { name: "resting" };

/** Content of the card in the middle; a new object means a new card. */
export type CardContent =
  | { kind: "none" }
  /** Progress of the session; null while that is not known. */
  | { kind: "progress"; session: Session | null }
  /** Options of a start. */
  | { kind: "form" }
  | { kind: "ending"; failure: Failure };

/** Content of the notice over the desktop. */
export type NoticeContent =
  /** There is no connection; `blocked`: the server answers, but WebSockets do not open. */
  | { kind: "lost"; blocked: boolean }
  /** Connected, but the screen may still be black. */
  | { kind: "beginning" }
  /** The session is ending, and programs are saving. */
  | { kind: "saving" }
  | { kind: "stopping" }
  | { kind: "cancelling" };

/** The state of the page's session and connection. */
export interface LifeState {
  readonly phase: Phase;
  /** The session's latest state; null until it is known. */
  readonly session: Session | null;
  /** Null until the script changes the card: the HTML of the server is still there. */
  readonly card: CardContent | null;
  readonly notice: NoticeContent | null;
  /** The desktop's last picture is shown instead of the desktop. */
  readonly picture: boolean;
  /** Access of the current or last connection. */
  readonly access: Access | null;
  /** This page saw the session start: its screen may still be black. */
  readonly cold: boolean;
  /** The session is ending and programs are saving, as far as is known. */
  readonly ending: boolean;
  /** A restart was requested; the page shows the old desktop until it has ended. */
  readonly restarting: boolean;
  /** Pauses since the last stable connection; the delays grow with them. */
  readonly pauses: number;
  /** Start of the current attempt, or end of the last connection (ms, like all times here). */
  readonly attemptedAt: number;
  readonly connectedAt: number;
  /** Failures of the same kind in a row, since the last connection. */
  readonly inARow: { readonly refusals: number; readonly blocked: number; readonly absent: number };
  /** The page is in a hidden tab. */
  readonly hidden: boolean;
  readonly online: boolean;
  /** The server is behind JupyterHub. */
  readonly atHub: boolean;
}

export type LifeEvent =
  // From the user
  | { kind: "begin"; way: Way }
  /** `cancel`: its job is waiting. */
  | { kind: "stop"; cancel: boolean }
  | { kind: "restart" }
  | { kind: "retry" }
  // From the server
  | { kind: "brought"; session: Session }
  | { kind: "session"; session: Session }
  | { kind: "log"; lines: string[] }
  | { kind: "unheard"; failure: Failure }
  | { kind: "checked"; refusal: Failure | null }
  | { kind: "stopped"; session: Session }
  | { kind: "not-stopped"; failure: Failure }
  | { kind: "restarted"; answered: boolean }
  /** Getting the session or connecting has failed. */
  | { kind: "failed"; failure: Failure }
  // From the connection
  | { kind: "connected"; access: Access }
  /** The desktop's first pixels are visible. */
  | { kind: "seen" }
  /** The screen is not black any more, or has stayed black for long. */
  | { kind: "painted" }
  /** The session is ending, and programs are saving. */
  | { kind: "ending" }
  /** `picture`: the last picture was kept. */
  | { kind: "lost"; failure: Failure; picture: boolean }
  // From the browser
  | { kind: "due" }
  | { kind: "hidden" }
  | { kind: "shown" }
  | { kind: "online" }
  | { kind: "offline" }
  /** The page was restored from the back/forward cache. */
  | { kind: "thawed" };

export type Effect =
  /** End the connection and everything in progress: requests, timers, the watch. */
  | { do: "let-go" }
  /** Results in "brought" or "failed". */
  | { do: "bring"; way: Way }
  /** Follow the session; results in "session", "log" and "unheard". */
  | { do: "watch" }
  | { do: "unwatch" }
  /** Load the client early. */
  | { do: "prepare"; backend: string }
  /** Results in "connected", "seen" and "lost", or in "failed". */
  | { do: "connect" }
  /** Results in "painted". */
  | { do: "await-paint" }
  /** Results in "due" after a delay, from `since` on, that grows with `pauses`. */
  | { do: "pause"; pauses: number; since: number }
  /** Results in "checked". */
  | { do: "check" }
  /** Results in "stopped" or "not-stopped". */
  | { do: "stop" }
  /** Results in "restarted". */
  | { do: "restart" }
  /** Check at once whether the connection is alive. */
  | { do: "probe" }
  | { do: "show-log"; lines: string[] };
