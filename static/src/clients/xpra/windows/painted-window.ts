/** A window painted directly onto the visible canvas, without frame, title or position. */
import DecodedImage from "../../decoded-image";

const IMAGES = ["png", "jpeg", "webp"];

const nothing = (): void => undefined;

export class PaintedWindow extends XpraWindow {
  /** Set after construction: Xpra's constructor calls methods that are overridden here. */
  onsize: (() => void) | null = null;
  /** Something was painted. */
  painted = false;

  /** The canvas has to be in an element with the window's number as its id. */
  constructor(client: XpraClient, id: number, canvas: HTMLCanvasElement, w: number, h: number, properties: object) {
    // Created as override-redirect, so never decorated: the client's own frame is HTML with the title in it.
    super(
      ...[client, canvas, id, 0, 0, w, h, {}, true, false, properties, nothing] as const,
      ...[client._window_mouse_move, client._window_mouse_down, client._window_mouse_up] as const,
      ...[client._window_mouse_scroll, nothing, nothing] as const,
    );
    this.override_redirect = false;
  }

  override update_metadata(): void {
    // ApplicationWindow does this.
  }

  override _init_2d_canvas(): void {
    this.offscreen_canvas = this.canvas;
    this.offscreen_canvas_ctx = this.canvas_ctx;
  }

  override swap_buffers(): void {
    // There is only one canvas.
  }

  override draw(): void {
    // Already painted.
  }

  override screen_resized(): void {
    // The page requests sizes.
  }

  override updateCSSGeometry(): void {
    this.updateCanvasGeometry();
  }

  override updateCanvasGeometry(): void {
    const { canvas, w, h } = this;
    if (canvas.width === w && canvas.height === h) return;
    // A canvas of a new size is empty: keep the picture until the next one comes.
    const before = copy(canvas);
    canvas.width = w;
    canvas.height = h;
    this.canvas_ctx.drawImage(before, 0, 0);
    this.onsize?.();
  }

  override do_paint(...paint: XpraPaint): void {
    const [, , , , encoding, data] = paint;
    this.painted = true;
    // The client's own cipher returns an array, which the client cannot paint in all cases.
    if (Array.isArray(data) && encoding !== "scroll") paint[5] = Uint8Array.from(data);
    if (IMAGES.includes(encoding)) void this.paintImage(paint);
    else super.do_paint(...paint);
  }

  /** The source of "scroll": a copy of the picture. */
  get draw_canvas(): HTMLCanvasElement {
    return copy(this.canvas);
  }

  set draw_canvas(_canvas: HTMLCanvasElement) {
    // The client sets this when it has two canvases.
  }

  private async paintImage([x, y, , , encoding, data, , , , done]: XpraPaint): Promise<void> {
    const image = new DecodedImage(`image/${encoding}`, data as Uint8Array<ArrayBuffer>);
    await image.settled;
    if (image.source) {
      this.canvas_ctx.clearRect(x, y, image.width, image.height);
      this.canvas_ctx.drawImage(image.source, x, y);
    }
    const error = image.source ? undefined : `This ${encoding} picture cannot be decoded.`;
    image.close();
    this.paint_pending = 0;
    done(error);
    this.may_paint_now();
  }
}

function copy(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copied = document.createElement("canvas");
  copied.width = canvas.width;
  copied.height = canvas.height;
  if (canvas.width > 0 && canvas.height > 0) copied.getContext("2d")?.drawImage(canvas, 0, 0);
  return copied;
}
