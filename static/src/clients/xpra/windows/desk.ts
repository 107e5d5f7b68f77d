/** The server's windows in the page: the window of a whole desktop, or windows of programs. */
import type { Size } from "../../../api";
import type { PaintedWindow } from "./painted-window";

export interface Desk {
  /** The element with the picture, which has the focus in view-only pages. */
  readonly element: HTMLElement;
  /** The window that keys go to; 0 if none. */
  readonly focused: number;
  /** The window on which a button was pressed: it gets the release, wherever that happens. */
  readonly pressed: PaintedWindow | null;
  /** Position of the pointer on the X screen. */
  pointer(event: { clientX: number; clientY: number }): { x: number; y: number };
  /** The current picture, null before the first one. */
  picture(): HTMLCanvasElement | null;
  /** Size of the X screen, as far as is known. */
  size(): Size;
  /** Whether the desk handles a key itself, instead of a program. */
  takes(key: { code: string }, down: boolean, held: readonly string[]): boolean;
  dispose(): void;
}

export interface DeskEvents {
  connected(): void;
  resized(size: Size): void;
  wantsKeys(): void;
}
