/** Draws the page's windows, from the lowest to the highest, into one picture. */
import type { Size } from "../../../api";
import type { ApplicationWindow } from "./application-window";

export function composite(background: HTMLElement, size: Size, windows: readonly ApplicationWindow[]): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = size.width;
  picture.height = size.height;
  const context = picture.getContext("2d");
  if (!context) return picture;
  context.fillStyle = getComputedStyle(background).getPropertyValue("--back");
  context.fillRect(0, 0, size.width, size.height);
  for (const window of windows) drawWindow(context, window);
  return picture;
}

function drawWindow(context: CanvasRenderingContext2D, { frame, box, margins, metadata }: ApplicationWindow): void {
  if (margins.top > 0) {
    const { backgroundColor, color, font } = getComputedStyle(frame.element);
    const [left, top] = [box.x - margins.left, box.y - margins.top];
    context.fillStyle = backgroundColor;
    context.fillRect(left, top, box.w + margins.left + margins.right, box.h + margins.top + margins.bottom);
    context.fillStyle = color;
    context.font = font;
    context.fillText(metadata.title, left + TITLE.x, top + TITLE.y, Math.max(1, box.w - TITLE.room));
  }
  if (frame.canvas.width > 0 && frame.canvas.height > 0) context.drawImage(frame.canvas, box.x, box.y);
}

/** Approximately as in the style sheet. */
const TITLE = { x: 12, y: 20, room: 110 };
