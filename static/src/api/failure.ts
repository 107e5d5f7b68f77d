/** Failures between the page, the server and the desktop. */
import type { Problem, Session } from "./session";

export type FailureKind =
  /** No answer, or not from our server: the network, a proxy, a server that restarts. */
  | "unreachable"
  /** The server answers, but its WebSocket does not open. */
  | "blocked"
  /** Login no longer holds. */
  | "signed-out"
  /** JupyterHub answers in place of the server, since that does not run. */
  | "not-running"
  /** The server knows no such session, or its display server has ended the connection: ask what is true. */
  | "gone"
  /** The session is not far enough to connect. */
  | "not-ready"
  /** The password was not taken; a new ticket brings a new one. */
  | "not-authorised"
  /** Another connection took this one's place, on purpose. */
  | "elsewhere"
  /** The owner closed this connection, or ended the share it came by. */
  | "disconnected"
  /** The session stopped or failed; `session` says which. */
  | "over"
  /** The server refused, and `problem` says why. */
  | "refused"
  /** This page has nothing to show the desktop with; `problem` says why. */
  | "no-client";

/** The one kind of error this page throws and catches. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly details: { problem?: Problem; session?: Session } = {},
  ) {
    super(details.problem?.message ?? kind);
  }

  /** Whatever was thrown, as a Failure: what we do not know is treated as a lost connection. */
  static of(error: unknown): Failure {
    if (error instanceof Failure) return error;
    console.error(error);
    return new Failure("unreachable");
  }
}
