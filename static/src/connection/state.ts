/** The words of the machine: what the page's life is made of, what can happen, and what is done about it. */
import type { Access, Failure, Session } from "../api";

/** Ways to a session: start or restart one, ask for the one there should be, look whether there is one. */
export type Way = "start" | "restart" | "ask" | "look";

/** An attempt to repeat: a way to the session, or only the connection to it. */
export type Attempt = Way | "connect";

export type Phase =
  /** The server was asked for the session, and has not answered. */
  | { name: "bringing"; way: Way }
  /** The session comes up, and cannot be reached yet. */
  | { name: "waiting" }
  /** A connection is being made. */
  | { name: "connecting" }
  | { name: "connected" }
  /** Before another attempt. */
  | { name: "pausing"; next: Attempt }
  /** The owner closed the connection: does the share link still hold? */
  | { name: "checking"; failure: Failure }
  /** Nothing goes on until the user says so. */
  | { name: "resting" };

/** Content of the card in the middle; a new object is another card. */
export type CardContent =
  | { kind: "none" }
  /** Progress of the session; null while that is not known. */
  | { kind: "progress"; session: Session | null }
  /** The user chooses what the desktop should be like. */
  | { kind: "form" }
  | { kind: "ending"; failure: Failure };

/** Content of the line over the desktop. */
export type NoticeContent =
  /** There is no connection; `blocked` when WebSockets are kept back although the server answers. */
  | { kind: "lost"; blocked: boolean }
  /** Connected, and there is little to see yet. */
  | { kind: "beginning" }
  /** Programs save what they have, since the session ends. */
  | { kind: "saving" }
  | { kind: "stopping" }
  | { kind: "cancelling" };

/** All that the page knows of its session and connection. */
export interface LifeState {
  readonly phase: Phase;
  /** The session as heard of last, since it was asked for. */
  readonly session: Session | null;
  /** Null while it is what the server has sent. */
  readonly card: CardContent | null;
  readonly notice: NoticeContent | null;
  /** The desktop's last picture is shown in its place. */
  readonly picture: boolean;
  /** Access of the connection; the last one's while there is none. */
  readonly access: Access | null;
  /** This page saw the session start: its screen may still be black. */
  readonly cold: boolean;
  /** Programs save, since the session ends; until more is known of it. */
  readonly ending: boolean;
  /** A restart was asked for, and the page shows the old desktop until that has ended. */
  readonly restarting: boolean;
  /** Pauses since a connection was stable; the delays grow with it. */
  readonly pauses: number;
  /** When the attempt that goes on began, or the last connection ended (ms, as all times here). */
  readonly attemptedAt: number;
  readonly connectedAt: number;
  /** Failures of the same kind in a row, since there was a connection. */
  readonly inARow: { readonly refusals: number; readonly blocked: number; readonly absent: number };
  /** The page is in a tab that is not looked at. */
  readonly hidden: boolean;
  readonly online: boolean;
  /** There is a JupyterHub before the server. */
  readonly atHub: boolean;
}

export type LifeEvent =
  // From the user
  | { kind: "begin"; way: Way }
  /** `cancel`: while its job waits. */
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
  /** The session could not be brought, or no connection be made. */
  | { kind: "failed"; failure: Failure }
  // From the connection
  | { kind: "connected"; access: Access }
  /** The desktop's first pixels are there. */
  | { kind: "seen" }
  /** The desktop is not a black screen any more, or stays one. */
  | { kind: "painted" }
  /** Programs save, since the session ends. */
  | { kind: "ending" }
  /** `picture`: the last picture was kept. */
  | { kind: "lost"; failure: Failure; picture: boolean }
  // From the browser
  | { kind: "due" }
  | { kind: "hidden" }
  | { kind: "shown" }
  | { kind: "online" }
  | { kind: "offline" }
  /** The page was frozen, and goes on. */
  | { kind: "thawed" };

export type Effect =
  /** End the connection, and all that goes on: requests, timers, the watch. */
  | { do: "let-go" }
  /** Brings "brought" or "failed". */
  | { do: "bring"; way: Way }
  /** Hear what becomes of the session: "session", "log", "unheard". */
  | { do: "watch" }
  | { do: "unwatch" }
  /** Load the client early. */
  | { do: "prepare"; backend: string }
  /** Brings "connected", "seen" and "lost", or "failed". */
  | { do: "connect" }
  /** Brings "painted". */
  | { do: "await-paint" }
  /** Brings "due", after a delay that grows with the pauses, from `since` on. */
  | { do: "pause"; pauses: number; since: number }
  /** Brings "checked". */
  | { do: "check" }
  /** Brings "stopped" or "not-stopped". */
  | { do: "stop" }
  /** Brings "restarted". */
  | { do: "restart" }
  /** Find out at once whether the other side is still there. */
  | { do: "probe" }
  | { do: "show-log"; lines: string[] };
