/** The server's windows in the page: the one of a whole desktop, or those of its programs. */
import type { Size } from "../../../api";
import type { PaintedWindow } from "./painted-window";

export interface Desk {
  /** What is there to see, for those who only look. */
  readonly element: HTMLElement;
  /** The window that keys go to; 0 if none. */
  readonly focused: number;
  /** The window under a button that is held, which has to hear of its release wherever that is. */
  readonly pressed: PaintedWindow | null;
  /** Where the pointer is, on the X screen. */
  pointer(event: { clientX: number; clientY: number }): { x: number; y: number };
  /** What there is to see, null for nothing yet. */
  picture(): HTMLCanvasElement | null;
  /** Of the X screen, as far as is known. */
  size(): Size;
  /** Whether a key is for the desk, and not for a program. */
  takes(key: { code: string }, down: boolean, held: readonly string[]): boolean;
  dispose(): void;
}

export interface DeskEvents {
  connected(): void;
  resized(size: Size): void;
  wantsKeys(): void;
}
