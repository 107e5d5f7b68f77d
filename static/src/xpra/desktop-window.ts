const IMAGES = ["png", "jpeg", "webp"];

/** The one window of a whole desktop, painted straight onto the canvas that is seen. */
export class DesktopWindow extends XpraWindow {
  /** Set once the window is made: Xpra's constructor calls what is overridden here. */
  onsize: (() => void) | null = null;

  override _init_2d_canvas(): void {
    this.offscreen_canvas = this.canvas;
    this.offscreen_canvas_ctx = this.canvas_ctx;
  }

  override swap_buffers(): void {
    // There is one canvas only.
  }

  override draw(): void {
    // It is drawn already.
  }

  override screen_resized(): void {
    // The page asks for the size.
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
    // Where the client's own cipher was at work, this is an array, which it cannot paint in all cases.
    if (Array.isArray(data) && encoding !== "scroll") paint[5] = Uint8Array.from(data);
    if (IMAGES.includes(encoding)) void this.paintImage(paint);
    else super.do_paint(...paint);
  }

  /** What "scroll" copies from: the picture as it was. */
  get draw_canvas(): HTMLCanvasElement {
    return copy(this.canvas);
  }

  set draw_canvas(_canvas: HTMLCanvasElement) {
    // The client sets it where it has two canvases.
  }

  private async paintImage([x, y, , , encoding, data, , , , done]: XpraPaint): Promise<void> {
    let error: string | undefined;
    try {
      const image = await createImageBitmap(new Blob([data as Uint8Array<ArrayBuffer>], { type: `image/${encoding}` }));
      this.canvas_ctx.clearRect(x, y, image.width, image.height);
      this.canvas_ctx.drawImage(image, x, y);
      image.close();
    } catch (problem) {
      error = String(problem);
    }
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
