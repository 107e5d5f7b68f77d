// Watches the canvas on which a page shows its desktop, in any page that uses noVNC: it puts each update on the
// visible canvas with one drawImage. That is when the clock stops, if pixels that are then read back have changed.
// All times are in milliseconds, of performance.now().
(() => {
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  const sample = new OffscreenCanvas(32, 18).getContext("2d", { willReadFrequently: true });
  const watch = (window.benchmark = { frames: 0 });
  let seen = null;
  let pressed = null;
  let colour = null;
  let changed = null;

  const within = (limit, event) =>
    new Promise((resolve, reject) => {
      event(resolve);
      setTimeout(() => reject(new Error(`Not within ${limit} ms`)), limit);
    });

  // When the desktop was first seen: more on the canvas than one colour.
  watch.seen = within(60000, (resolve) => (seen = resolve));

  const pixel = (context) => {
    const { width, height } = context.canvas;
    return new Uint32Array(context.getImageData(width >> 1, height >> 1, 1, 1).data.buffer)[0];
  };

  const uniform = (canvas) => {
    sample.drawImage(canvas, 0, 0, 32, 18);
    const pixels = new Uint32Array(sample.getImageData(0, 0, 32, 18).data.buffer);
    // Where nothing was painted yet pixels are transparent, and black like those of an empty screen.
    return pixels.every((value) => ((value ^ pixels[0]) & 0xffffff) === 0);
  };

  CanvasRenderingContext2D.prototype.drawImage = function (...area) {
    draw.apply(this, area);
    const drawn = performance.now();
    if (!this.canvas.closest?.("#screen")) return;
    watch.frames += 1;
    if (seen !== null && !uniform(this.canvas)) {
      seen(drawn);
      seen = null;
    }
    if (pressed !== null && pixel(this) !== colour) {
      changed(drawn - pressed);
      pressed = null;
    }
  };

  addEventListener("keydown", () => {
    // How long the last key took to change the canvas.
    watch.key = within(5000, (resolve) => (changed = resolve));
    colour = pixel(document.querySelector("#screen canvas").getContext("2d"));
    pressed = performance.now();
  }, { capture: true });
})();
