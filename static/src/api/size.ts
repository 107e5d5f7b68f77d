/** The size of a desktop, a screen or a window, in its own pixels. */
export interface Size {
  width: number;
  height: number;
}
