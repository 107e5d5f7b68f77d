/** Whether there is anything to see of a desktop yet: told by a few pixels of its picture. */
import type { Owner } from "../dom/owner";

/** Gives what there is to see of the desktop, as Client's `picture` does. */
type Source = () => HTMLCanvasElement | null;

const LOOK_MS = 150;
const GRID = 8;
const DARK = 12;

/** Calls back in the frame in which the desktop's first pixels are there. */
export function onFirstPixels(desktop: Source, owner: Owner, callback: () => void): void {
  const attempt = (): void => {
    if (owner.disposed) return;
    if (hasPixels(desktop())) callback();
    else requestAnimationFrame(attempt);
  };
  attempt();
}

/** Calls back when the desktop shows something (not a black screen any more), after `limit` ms in any case. */
export function onPainted(desktop: Source, owner: Owner, limit: number, callback: () => void): void {
  const end = performance.now() + limit;
  const attempt = (): void => {
    if (performance.now() >= end || !isBlack(desktop())) callback();
    else owner.after(LOOK_MS, attempt);
  };
  attempt();
}

/** noVNC's canvas is transparent until the first update of the whole screen was painted. */
export function hasPixels(desktop: HTMLCanvasElement | null): boolean {
  return (look(desktop)[3] ?? 0) > 0;
}

function isBlack(desktop: HTMLCanvasElement | null): boolean {
  return look(desktop).every((value, index) => index % 4 === 3 || value < DARK);
}

/** The canvas that desktops are shrunk to; made when the first one is looked at. */
let sample: CanvasRenderingContext2D | null = null;

/** The desktop shrunk to a few pixels, as RGBA bytes. */
function look(desktop: HTMLCanvasElement | null): Uint8ClampedArray {
  sample ??= newSample();
  if (!sample || !desktop || desktop.width === 0 || desktop.height === 0) return new Uint8ClampedArray();
  sample.clearRect(0, 0, GRID, GRID);
  sample.drawImage(desktop, 0, 0, GRID, GRID);
  return sample.getImageData(0, 0, GRID, GRID).data;
}

function newSample(): CanvasRenderingContext2D | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = GRID;
  return canvas.getContext("2d", { willReadFrequently: true });
}
