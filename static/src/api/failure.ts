/** Failures between the page, the server and the desktop. */
import type { Problem, Session } from "./session";

export type FailureKind =
  /** No answer, or none from our server: network, proxy, restarting server. */
  | "unreachable"
  /** The server answers, but its WebSocket does not open. */
  | "blocked"
  /** The login is no longer valid. */
  | "signed-out"
  /** JupyterHub answers, because the server is not running. */
  | "not-running"
  /** The server has no such session, or the display server closed the connection: ask for the session's state. */
  | "gone"
  /** The session does not accept connections yet. */
  | "not-ready"
  /** The password was rejected; a new ticket brings a new one. */
  | "not-authorised"
  /** Another connection replaced this one, on purpose. */
  | "elsewhere"
  /** The owner closed this connection, or ended its share. */
  | "disconnected"
  /** The session stopped or failed; `session` says which. */
  | "over"
  /** The server refused, and `problem` says why. */
  | "refused"
  /** This page has no usable client for the desktop; `problem` says why. */
  | "no-client";

/** The one kind of error this page throws and catches. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly details: { problem?: Problem; session?: Session } = {},
  ) {
    super(details.problem?.message ?? kind);
  }

  /** Any error as a Failure; an unknown one counts as a lost connection. */
  static of(error: unknown): Failure {
    if (error instanceof Failure) return error;
    console.error(error);
    return new Failure("unreachable");
  }
}
