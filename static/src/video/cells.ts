/** The screen as a grid of cells. */
import type { Region, Size } from "../api";

/** Side of a cell: a multiple of 16, since codecs divide a picture into blocks of 16 pixels. */
const CELL = 64;

/** The cells that an update touches. */
export class Cells {
  readonly touched: Uint8Array;
  private readonly columns: number;

  constructor(screen: Size) {
    this.columns = Math.ceil(screen.width / CELL);
    this.touched = new Uint8Array(this.columns * Math.ceil(screen.height / CELL));
  }

  touch({ x, y, width, height }: Region): void {
    const right = Math.min(this.columns, Math.ceil((x + width) / CELL));
    const bottom = Math.ceil((y + height) / CELL);
    for (let row = Math.floor(y / CELL); row < bottom; row += 1) {
      this.touched.fill(1, row * this.columns + Math.floor(x / CELL), row * this.columns + right);
    }
  }
}

/** The smallest rectangle around the cells that at least `least` of the updates touch; null if there are none. */
export function box(updates: readonly Cells[], least: number, screen: Size): Region | null {
  const columns = Math.ceil(screen.width / CELL);
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (let cell = 0; cell < columns * Math.ceil(screen.height / CELL); cell += 1) {
    const touches = updates.reduce((sum, { touched }) => sum + (touched[cell] ?? 0), 0);
    if (touches < least) continue;
    const column = cell % columns;
    const row = Math.floor(cell / columns);
    left = Math.min(left, column * CELL);
    top = Math.min(top, row * CELL);
    right = Math.max(right, (column + 1) * CELL);
    bottom = Math.max(bottom, (row + 1) * CELL);
  }
  if (right === 0) return null;
  return { x: left, y: top, width: Math.min(right, screen.width) - left, height: Math.min(bottom, screen.height) - top };
}
