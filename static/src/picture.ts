import { element } from "./element";
import type { Owner } from "./owner";

/** The last picture of the desktop, kept (dimmed by the style sheet) while there is no connection. */
export class Picture {
  private readonly canvas = element<HTMLCanvasElement>("picture");

  get shown(): boolean {
    return !this.canvas.hidden;
  }

  keep(desktop: HTMLCanvasElement): void {
    if (desktop.width === 0 || desktop.height === 0 || !hasPixels(desktop)) return;
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
export function onFirstPixels(desktop: HTMLCanvasElement, owner: Owner, callback: () => void): void {
  const look = (): void => {
    if (owner.disposed) return;
    if (hasPixels(desktop)) callback();
    else requestAnimationFrame(look);
  };
  look();
}

const sample = document.createElement("canvas");
sample.width = sample.height = 1;
const context = sample.getContext("2d", { willReadFrequently: true });

/** noVNC's canvas is transparent until the first update of the whole screen was painted. */
function hasPixels(desktop: HTMLCanvasElement): boolean {
  if (!context || desktop.width === 0 || desktop.height === 0) return false;
  context.clearRect(0, 0, 1, 1);
  context.drawImage(desktop, desktop.width >> 1, desktop.height >> 1, 1, 1, 0, 0, 1, 1);
  return (context.getImageData(0, 0, 1, 1).data[3] ?? 0) > 0;
}
