/** Positions and size limits of windows; numbers only. */
import type { Size } from "../../../api";

/** Position and size of a window's contents, in pixels; page and desktop have the same. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The width of the frame on each side. */
export interface Margins {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** The program's limits for the size of its window (ICCCM, 4.1.2.3). */
export interface Limits {
  least: readonly [number, number];
  most: readonly [number, number];
  base: readonly [number, number];
  step: readonly [number, number];
}

export const NO_LIMITS: Limits = { least: [1, 1], most: [Infinity, Infinity], base: [0, 0], step: [1, 1] };

/** The edges that are dragged: -1 is left or top, 1 right or bottom. */
export interface Edges {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

/** Pixels of a title bar that always stay reachable. */
const GRIP = 60;
const CASCADE = 32;

/** The nearest size that the program allows, rounded down where possible. */
export function allowed(w: number, h: number, { least, most, base, step }: Limits): { w: number; h: number } {
  const side = (wanted: number, at: 0 | 1): number => {
    const within = Math.max(least[at], Math.min(most[at], wanted));
    const stepped = within - ((((within - base[at]) % step[at]) + step[at]) % step[at]);
    return Math.max(1, Math.round(stepped < least[at] ? within : stepped));
  };
  return { w: side(w, 0), h: side(h, 1) };
}

export function isFixed({ least, most }: Limits): boolean {
  return least[0] === most[0] && least[1] === most[1];
}

/** The box of a window that fills the area with its frame. */
export function filling(area: Size, { top, right, bottom, left }: Margins): Box {
  return { x: left, y: top, w: Math.max(1, area.width - left - right), h: Math.max(1, area.height - top - bottom) };
}

/** The window moved, and if necessary made smaller, to be inside the area; top and left have priority. */
export function inside(box: Box, area: Size, margins: Margins, limits: Limits): Box {
  const most = filling(area, margins);
  const { w, h } = box.w > most.w || box.h > most.h ? allowed(Math.min(box.w, most.w), Math.min(box.h, most.h), limits) : box;
  const x = Math.max(most.x, Math.min(box.x, most.x + most.w - w));
  const y = Math.max(most.y, Math.min(box.y, most.y + most.h - h));
  return { x, y, w, h };
}

/** The window moved so that its title bar can be dragged. */
export function reachable(box: Box, area: Size, { top }: Margins): Box {
  const x = Math.max(GRIP - box.w, Math.min(box.x, area.width - GRIP));
  const y = Math.max(top, Math.min(box.y, area.height));
  return { ...box, x, y };
}

/** The window after a drag of its edges by `dx` and `dy`; the opposite edges stay in place. */
export function pulled(box: Box, edges: Edges, dx: number, dy: number, limits: Limits): Box {
  const { w, h } = allowed(box.w + edges.x * dx, box.h + edges.y * dy, limits);
  return { x: edges.x < 0 ? box.x + box.w - w : box.x, y: edges.y < 0 ? box.y + box.h - h : box.y, w, h };
}

/** In the middle of `around`. */
export function centred(box: Box, around: Box): Box {
  return { ...box, x: Math.round(around.x + (around.w - box.w) / 2), y: Math.round(around.y + (around.h - box.h) / 2) };
}

/** A position for a window that asks for none: a little to the right of and below the one before. */
export function cascaded(box: Box, before: Box | null, area: Size): Box {
  if (!before) return centred(box, { x: 0, y: 0, w: area.width, h: area.height });
  return { ...box, x: before.x + CASCADE, y: before.y + CASCADE };
}
