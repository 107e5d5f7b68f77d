/** Checks on a few pixels whether a desktop shows anything yet. */
import type { Owner } from "../dom/owner";

/** Returns the desktop's picture, like `picture` of Client. */
type Source = () => HTMLCanvasElement | null;

const LOOK_MS = 150;
const GRID = 8;
const DARK = 12;

/** Calls back in the frame in which the desktop's first pixels are visible. */
export function onFirstPixels(desktop: Source, owner: Owner, callback: () => void): void {
  const attempt = (): void => {
    if (owner.disposed) return;
    if (hasPixels(desktop())) callback();
    else requestAnimationFrame(attempt);
  };
  attempt();
}

/** Calls back when the screen is no longer black, after `limit` ms in any case. */
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

/** The canvas that desktops are shrunk to; created at first use. */
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
