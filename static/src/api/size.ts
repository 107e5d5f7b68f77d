/** The size of a desktop, a screen or a window, in its own pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle of a desktop, in its pixels. */
export interface Region extends Size {
  x: number;
  y: number;
}
