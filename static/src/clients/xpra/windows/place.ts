/** Converts positions in the page to pixels of a scaled picture, and back. */

export interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The pixel at a position in the page, of a picture of `width` and `height` that is fitted into `box`. */
export function pixelAt(x: number, y: number, box: Rectangle, width: number, height: number): { x: number; y: number } {
  const { scale, left, top } = fit(box, width, height);
  return { x: within((x - left) / scale, width), y: within((y - top) / scale, height) };
}

/** The inverse: the position in the page of a pixel of the picture. */
export function placeOf(x: number, y: number, box: Rectangle, width: number, height: number): { x: number; y: number } {
  const { scale, left, top } = fit(box, width, height);
  return { x: left + x * scale, y: top + y * scale };
}

function fit(box: Rectangle, width: number, height: number): { scale: number; left: number; top: number } {
  const scale = Math.min(box.width / width, box.height / height) || 1;
  return { scale, left: box.left + (box.width - width * scale) / 2, top: box.top + (box.height - height * scale) / 2 };
}

function within(value: number, size: number): number {
  return Math.max(0, Math.min(size - 1, Math.floor(value)));
}
