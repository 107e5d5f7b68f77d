/** The API's JSON: a desktop's session, its viewers, shares, job and tickets. */

/** Permission on a desktop: view only, or full use. */
export type Access = "view" | "full";

/** A page that is connected to the desktop, this one or another, as the server lists it. */
export interface Viewer {
  id: number;
  /** The user's name for display; empty where it is unknown. */
  user: string;
  access: Access;
}

/** A link that gives others access to a desktop. */
export interface Share {
  id: string;
  /** Relative to the `root` of PageData. */
  url: string;
  access: Access;
  /** Seconds. */
  expires_in: number;
}

/** The batch job that a desktop runs in. Times are in seconds since 1970, by the server's clock. */
export interface Job {
  /** Empty until the job is submitted. */
  id: string;
  /** Why the job waits, as a text for users; null when it does not wait. */
  waiting: string | null;
  /** Expected start, where known. */
  starts: number | null;
  ends: number | null;
  node: string;
  /** Seconds before the end at which users are warned. */
  warnings: number[];
  /** The server's time. */
  now: number;
}

/** A desktop's session. */
export interface Session {
  name: string;
  /** Kind of display server; "auto" while undecided. */
  backend: string;
  state: "starting" | "running" | "stopped" | "failed";
  /** "ending": programs are asked to end, and save. */
  step: "submit" | "queue" | "display-server" | "session" | "window-manager" | "running" | "ending";
  /** The display server answers: the page may connect, even before the state is "running". False while Xpra restarts. */
  reachable: boolean;
  error: Problem | null;
  /** Why the session stopped, as a text for users. */
  reason: string | null;
  /** Exit status of an application that has ended. */
  status: number | null;
  log: string[];
  viewers: Viewer[];
  job: Job | null;
}

/** Why something failed, as a text for users. */
export interface Problem {
  message: string;
  reason?: string;
  remedy?: string | null;
  command?: string | null;
}

/** The stream of a connection: the display server's bytes, or video of moving areas. */
export type Stream = "desktop" | "video";

/** One-time permission to open a connection. */
export interface Ticket {
  socket_url: string;
  protocols: string[];
  /** Seconds after which a connection that is not open has failed. */
  opens_within: number;
  backend: string;
  password: string;
  key: string | null;
  access: Access;
  /** The id that this page gets among the session's viewers. */
  viewer: number;
}
