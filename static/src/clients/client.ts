/** The interface between a client and the rest of the page. */
import type { Access, Problem, Size } from "../api";
import type { Link } from "../wire";

/** A key as the desktop knows it: X keysym and physical key. */
export type Keystroke = readonly [keysym: number, code: string];

/** One connection's view of the desktop, whatever protocol is behind it. */
export interface Client {
  /** The element with the picture, which has the focus in view-only pages. */
  readonly element: HTMLElement;
  /** What there is to see, null for nothing yet; to be looked at at once. */
  picture(): HTMLCanvasElement | null;
  /** Of the desktop. */
  size(): Size;
  /** While true, the desktop is asked to take the size of its screen element. */
  follow(on: boolean): void;
  /**
   * Tells the desktop that there is text to paste; it fetches the text when a program asks. With `now` the text goes
   * along, so that it is there before the keys that follow.
   */
  offer(text: string, now: boolean): void;
  /** Lets the text that was offered last go along now; to the desktop it is no newer by that. */
  provide(text: string): void;
  /** A key goes down or up. */
  key(event: KeyboardEvent): void;
  /** Presses the keys in order and lets go of them in reverse. */
  press(keys: readonly Keystroke[]): void;
  dispose(): void;
}

export interface ClientEvents {
  connected(): void;
  /** The password was refused. */
  refused(): void;
  /** The client gave the connection up by itself. */
  broken(): void;
  clipboard(text: string): void;
  resized(size: Size): void;
  /** Something of its own had the focus, and needs it no more. */
  wantsKeys(): void;
  /** Asks for another size, where the protocol has no good way to do so. */
  wantsSize(size: Size): void;
}

/** What the display server lets in: a password, and a key where its protocol encrypts by itself. */
export interface Secrets {
  password: string;
  key: string | null;
  /** What the password is good for: with "view", the client sends no input. */
  access: Access;
}

/** What each client script (vnc.js, …) exports. */
export interface ClientModule {
  open(screen: HTMLElement, link: Link, secrets: Secrets, events: ClientEvents): Client;
  /** Why it cannot be used here, if it cannot. */
  unfit?(secrets: Secrets): Problem | null;
}
