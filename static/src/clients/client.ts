/** The interface between a client and the rest of the page. */
import type { Access, Problem, Region, Size } from "../api";
import type { Link } from "../wire";

/** A key of the desktop: X keysym and physical key. */
export type Keystroke = readonly [keysym: number, code: string];

/** The updates of the picture, which can leave out a region that is shown as video. */
export interface Updates {
  /**
   * Called with the rectangles of each update that changed pixels, and how long (ms) it took to come; copies within the
   * desktop are left out.
   */
  onupdate: ((rectangles: readonly Region[], took: number) => void) | null;
  /** Updates after this leave out `region`. With null they are complete again, and the next one paints the omitted changes. */
  leaveOut(region: Region | null): void;
  /** While `on`, pictures are coarser, and so come faster. */
  coarse(on: boolean): void;
  /** Resolves when the next update with a part of `region` is painted. */
  painted(region: Region): Promise<void>;
}

/** The client of one connection, for any protocol. */
export interface Client {
  /** The element with the picture, which has the focus in view-only pages. */
  readonly element: HTMLElement;
  /** Undefined where updates cannot leave out a region. */
  readonly updates?: Updates | undefined;
  /** The current picture, null before the first one. It may change later, so use it at once. */
  picture(): HTMLCanvasElement | null;
  /** Size of the desktop. */
  size(): Size;
  /** While `on`, the desktop is asked to take the size of its screen element. */
  follow(on: boolean): void;
  /**
   * Offers the desktop a text to paste, which it fetches when a program asks. With `now` the text is sent along, to be
   * there before the keys that follow.
   */
  offer(text: string, now: boolean): void;
  /** Sends the text that was offered last, without claiming the desktop's clipboard again. */
  provide(text: string): void;
  /** A key is pressed or released. */
  key(event: KeyboardEvent): void;
  /** Presses the keys in order and releases them in reverse. */
  press(keys: readonly Keystroke[]): void;
  dispose(): void;
}

export interface ClientEvents {
  connected(): void;
  /** The password was refused. */
  refused(): void;
  /** The client has ended the connection. */
  broken(): void;
  clipboard(text: string): void;
  resized(size: Size): void;
  /** An element of the client had the focus, and no longer needs it. */
  wantsKeys(): void;
  /** Asks for another size, where the protocol has no good request for it. */
  wantsSize(size: Size): void;
}

/** Credentials for the display server: a password, and a key where its protocol has encryption. */
export interface Secrets {
  password: string;
  key: string | null;
  /** Access that the password gives: with "view", the client sends no input. */
  access: Access;
}

/** Exports of each client script (vnc.js, …). */
export interface ClientModule {
  open(screen: HTMLElement, link: Link, secrets: Secrets, events: ClientEvents): Client;
  /** Why the client cannot be used here; null if it can. */
  unfit?(secrets: Secrets): Problem | null;
}
