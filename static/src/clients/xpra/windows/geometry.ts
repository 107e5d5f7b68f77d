/** Positions and size limits of windows; numbers only. */
import type { Size } from "../../../api";

/** A window's contents, in the page's and the desktop's pixels. */
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

/** What the program allows its window (ICCCM, 4.1.2.3). */
export interface Limits {
  least: readonly [number, number];
  most: readonly [number, number];
  base: readonly [number, number];
  step: readonly [number, number];
}

export const NO_LIMITS: Limits = { least: [1, 1], most: [Infinity, Infinity], base: [0, 0], step: [1, 1] };

/** Which edges are pulled: -1 is left or top, 1 right or bottom. */
export interface Edges {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

/** So much of a title bar can always be reached. */
const GRIP = 60;
const CASCADE = 32;

/** The nearest size that the program allows, not larger than that where it has the choice. */
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

/** All of the area within the frame. */
export function filling(area: Size, { top, right, bottom, left }: Margins): Box {
  return { x: left, y: top, w: Math.max(1, area.width - left - right), h: Math.max(1, area.height - top - bottom) };
}

/** The window moved, and as a last resort made smaller, so that it is inside the area; top and left go first. */
export function inside(box: Box, area: Size, margins: Margins, limits: Limits): Box {
  const most = filling(area, margins);
  const { w, h } = box.w > most.w || box.h > most.h ? allowed(Math.min(box.w, most.w), Math.min(box.h, most.h), limits) : box;
  const x = Math.max(most.x, Math.min(box.x, most.x + most.w - w));
  const y = Math.max(most.y, Math.min(box.y, most.y + most.h - h));
  return { x, y, w, h };
}

/** The window moved so that its title bar can be taken hold of. */
export function reachable(box: Box, area: Size, { top }: Margins): Box {
  const x = Math.max(GRIP - box.w, Math.min(box.x, area.width - GRIP));
  const y = Math.max(top, Math.min(box.y, area.height));
  return { ...box, x, y };
}

/** The window after its edges were pulled that far; the edges opposite stay where they are. */
export function pulled(box: Box, edges: Edges, dx: number, dy: number, limits: Limits): Box {
  const { w, h } = allowed(box.w + edges.x * dx, box.h + edges.y * dy, limits);
  return { x: edges.x < 0 ? box.x + box.w - w : box.x, y: edges.y < 0 ? box.y + box.h - h : box.y, w, h };
}

/** In the middle of `around`. */
export function centred(box: Box, around: Box): Box {
  return { ...box, x: Math.round(around.x + (around.w - box.w) / 2), y: Math.round(around.y + (around.h - box.h) / 2) };
}

/** A place for a window that asks for none: each a little to the right of and below the one before. */
export function cascaded(box: Box, before: Box | null, area: Size): Box {
  if (!before) return centred(box, { x: 0, y: 0, w: area.width, h: area.height });
  return { ...box, x: before.x + CASCADE, y: before.y + CASCADE };
}
