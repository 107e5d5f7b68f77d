import type { Owner } from "../owner";
import { arrayOf } from "./byte-text";
import { placeOf } from "./place";

type Position = [type: string, window: number, x: number, y: number];
/** Without all that follows the type, none is shown. */
type Shape = [
  ...[type: string, encoding?: string, x?: number, y?: number, w?: number, h?: number],
  ...[hotX?: number, hotY?: number, serial?: number, png?: string | number[]],
];

/** The desktop's pointer as those see it who look on: it is no part of the picture, and theirs is their own. */
export class RemotePointer {
  private readonly image = new Image();
  private readonly hot = { x: 0, y: 0 };
  private readonly at = { x: 0, y: 0 };

  constructor(
    client: XpraClient,
    private readonly canvas: HTMLCanvasElement,
    screen: HTMLElement,
    owner: Owner,
  ) {
    const { image } = this;
    image.className = "pointer";
    image.alt = "";
    screen.append(image);
    client.packet_handlers["pointer-position"] = ([, , x, y]: Position) => {
      Object.assign(this.at, { x, y });
      this.place();
    };
    client.packet_handlers["cursor"] = (shape: Shape) => {
      this.show(shape);
    };
    const resized = new ResizeObserver(() => {
      this.place();
    });
    resized.observe(canvas);
    owner.finally(() => {
      resized.disconnect();
      this.show(["cursor"]);
      image.remove();
    });
  }

  private show([, encoding, , , , , x = 0, y = 0, , png]: Shape): void {
    const { image } = this;
    URL.revokeObjectURL(image.src);
    image.hidden = encoding !== "png" || !png;
    if (image.hidden || !png) return;
    Object.assign(this.hot, { x, y });
    image.src = URL.createObjectURL(new Blob([typeof png === "string" ? arrayOf(png) : Uint8Array.from(png)], { type: "image/png" }));
    this.place();
  }

  private place(): void {
    const { at, hot, canvas, image } = this;
    const box = { left: 0, top: 0, width: canvas.clientWidth, height: canvas.clientHeight };
    const { x, y } = placeOf(at.x, at.y, box, canvas.width, canvas.height);
    image.style.translate = `${Math.round(x - hot.x)}px ${Math.round(y - hot.y)}px`;
  }
}
