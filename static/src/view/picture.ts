import { element } from "../dom/element";
import type { Owner } from "../dom/owner";

/** Gives what there is to see of the desktop, as Client's `picture` does. */
type Source = () => HTMLCanvasElement | null;

/** The last picture of the desktop, kept (dimmed by the style sheet) while there is no connection. */
export class Picture {
  private readonly canvas = element<HTMLCanvasElement>("picture");

  get shown(): boolean {
    return !this.canvas.hidden;
  }

  keep(desktop: HTMLCanvasElement | null): void {
    if (!desktop || !hasPixels(desktop)) return;
    this.canvas.width = desktop.width;
    this.canvas.height = desktop.height;
    this.canvas.getContext("2d")?.drawImage(desktop, 0, 0);
    this.canvas.hidden = false;
  }

  drop(): void {
    this.canvas.hidden = true;
    this.canvas.width = 0;
  }
}

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

const LOOK_MS = 150;
const GRID = 8;
const DARK = 12;
const sample = document.createElement("canvas");
sample.width = sample.height = GRID;
const context = sample.getContext("2d", { willReadFrequently: true });

/** The desktop shrunk to a few pixels, as RGBA bytes. */
function look(desktop: HTMLCanvasElement | null): Uint8ClampedArray {
  if (!context || !desktop || desktop.width === 0 || desktop.height === 0) return new Uint8ClampedArray();
  context.clearRect(0, 0, GRID, GRID);
  context.drawImage(desktop, 0, 0, GRID, GRID);
  return context.getImageData(0, 0, GRID, GRID).data;
}

/** noVNC's canvas is transparent until the first update of the whole screen was painted. */
function hasPixels(desktop: HTMLCanvasElement | null): boolean {
  return (look(desktop)[3] ?? 0) > 0;
}

function isBlack(desktop: HTMLCanvasElement | null): boolean {
  return look(desktop).every((value, index) => index % 4 === 3 || value < DARK);
}
