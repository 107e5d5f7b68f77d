/** A whole desktop: one window, which fills the page. */
import type { Size } from "../../../api";
import type { WindowPacket } from "./application-window";
import type { Desk, DeskEvents } from "./desk";
import { PaintedWindow } from "./painted-window";
import { pixelAt } from "./place";

export class WholeDesktop implements Desk {
  /** Exists as long as the connection. */
  readonly element = document.createElement("canvas");
  /** The only window; null until it is open. */
  pressed: PaintedWindow | null = null;

  constructor(
    private readonly client: XpraClient,
    private readonly screen: HTMLElement,
    private readonly events: DeskEvents,
  ) {
    client.packet_handlers["new-window"] = (packet: WindowPacket) => {
      this.open(packet);
    };
  }

  get focused(): number {
    return this.pressed?.wid ?? 0;
  }

  pointer({ clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
    const { element } = this;
    return pixelAt(clientX, clientY, element.getBoundingClientRect(), element.width, element.height);
  }

  picture(): HTMLCanvasElement {
    return this.element;
  }

  size(): Size {
    const { width, height } = this.element;
    return { width, height };
  }

  takes(): boolean {
    return false;
  }

  dispose(): void {
    // Its only window is closed with the client.
  }

  private open([, id, , , w, h, , properties]: WindowPacket): void {
    const { client, element: canvas, events } = this;
    const frame = document.createElement("div");
    frame.id = String(id);
    frame.append(canvas);
    this.screen.append(frame);
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    const opened = (this.pressed = new PaintedWindow(client, id, canvas, w, h, properties ?? {}));
    opened.onsize = () => {
      events.resized(this.size());
    };
    client.id_to_window[id] = opened;
    client.connected = true;
    client.send(["map-window", id, 0, 0, w, h, client._get_client_properties(opened)]);
    client._window_set_focus(opened);
    events.connected();
    opened.onsize();
  }
}
