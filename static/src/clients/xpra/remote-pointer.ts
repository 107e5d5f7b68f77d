/** The desktop's pointer in view-only pages, where it is not part of the picture. */
import type { Owner } from "../../dom/owner";
import { placeOf } from "./windows/place";

type Position = [type: string, window: number, x: number, y: number];

/** A read-only server does not send the pointer's shape. */
const ARROW =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='14' height='20'%3E" +
  "%3Cpath d='M1 1v15l4-3.5 2.5 6 2.5-1-2.5-6H13z' stroke='white' stroke-width='1'/%3E%3C/svg%3E";

export class RemotePointer {
  private readonly image = new Image();
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
    image.src = ARROW;
    image.hidden = true;
    screen.append(image);
    client.packet_handlers["pointer-position"] = ([, , x, y]: Position) => {
      Object.assign(this.at, { x, y });
      image.hidden = false;
      this.place();
    };
    const resized = new ResizeObserver(() => {
      this.place();
    });
    resized.observe(canvas);
    owner.finally(() => {
      resized.disconnect();
      image.remove();
    });
  }

  private place(): void {
    const { at, canvas, image } = this;
    const box = { left: 0, top: 0, width: canvas.clientWidth, height: canvas.clientHeight };
    const { x, y } = placeOf(at.x, at.y, box, canvas.width, canvas.height);
    image.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
  }
}
