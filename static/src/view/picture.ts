/** The last picture of the desktop, kept (dimmed by the style sheet) while there is no connection. */
import { hasPixels } from "../clients";
import { element } from "../dom/element";

export class Picture {
  private readonly canvas = element<HTMLCanvasElement>("picture");

  /** Copies the desktop's picture, without showing it yet. Returns whether there is one. */
  keep(desktop: HTMLCanvasElement | null): boolean {
    if (!desktop || !hasPixels(desktop)) return false;
    this.canvas.width = desktop.width;
    this.canvas.height = desktop.height;
    this.canvas.getContext("2d")?.drawImage(desktop, 0, 0);
    return true;
  }

  show(on: boolean): void {
    if (this.canvas.hidden === !on) return;
    this.canvas.hidden = !on;
    // Frees its memory.
    if (!on) this.canvas.width = 0;
  }
}
