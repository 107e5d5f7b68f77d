/** The API's JSON: a desktop's session, and what belongs to it. */

/** What someone may do with a desktop: only look, or use it, too. */
export type Access = "view" | "full";

/** A page that is connected to the desktop, this one or another, as the server lists it. */
export interface Viewer {
  id: number;
  /** The user's name for display; empty where it is unknown. */
  user: string;
  access: Access;
}

/** A link that lets others see a desktop. */
export interface Share {
  id: string;
  /** Relative to the root of all our addresses. */
  url: string;
  access: Access;
  /** Seconds. */
  expires_in: number;
}

/** The batch job that a desktop runs in. Times are in seconds since 1970, by the server's clock. */
export interface Job {
  /** Empty until it has one. */
  id: string;
  /** Why it waits, for people; null when it does not. */
  waiting: string | null;
  /** When it is expected to begin, where that is known. */
  starts: number | null;
  ends: number | null;
  node: string;
  /** So many seconds before the end users want to know of it. */
  warnings: number[];
  /** The server's time. */
  now: number;
}

/** What the API says of one desktop. */
export interface Session {
  name: string;
  /** What shows it; "auto" while that is not decided. */
  backend: string;
  state: "starting" | "running" | "stopped" | "failed";
  /** The last one: programs are asked to end, and save. */
  step: "submit" | "queue" | "display-server" | "session" | "window-manager" | "running" | "ending";
  /** The display server answers: the page may connect, even before the state is running; not while Xpra is started again. */
  reachable: boolean;
  error: Problem | null;
  /** Why it stopped, for people. */
  reason: string | null;
  /** Of an application that ended: its exit status. */
  status: number | null;
  log: string[];
  viewers: Viewer[];
  job: Job | null;
}

/** Why something did not work, in words for the user. */
export interface Problem {
  message: string;
  reason?: string;
  remedy?: string | null;
  command?: string | null;
}

/** The right to open one connection; used once. */
export interface Ticket {
  socket_url: string;
  protocols: string[];
  /** In so many seconds the connection opens, or not at all. */
  opens_within: number;
  backend: string;
  password: string;
  key: string | null;
  access: Access;
  /** The number of the connection, among the session's viewers. */
  viewer: number;
}
