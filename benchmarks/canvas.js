// Watches the canvas of a desktop, in any page whose canvases are below an element called "screen": noVNC draws each
// update on its visible canvas with one drawImage, Xpra's clients with several calls of drawImage and putImageData. If
// each window has a canvas, the topmost of the largest counts. The clock stops when pixels that are read back after such
// a call have changed. All times are in milliseconds, of performance.now().
(() => {
  const sample = new OffscreenCanvas(32, 18).getContext("2d", { willReadFrequently: true });
  const watch = (window.benchmark = { frames: 0 });
  let seen = null;
  let pressed = null;
  let colour = null;
  let changed = null;
  let middle = null;
  let due = false;

  const within = (limit, event) =>
    new Promise((resolve, reject) => {
      event(resolve);
      setTimeout(() => reject(new Error(`Not within ${limit} ms`)), limit);
    });

  // When the desktop was first visible: more than one colour on the canvas.
  watch.seen = within(60000, (resolve) => (seen = resolve));

  const onTop = () =>
    [...document.querySelectorAll("#screen canvas")].reduce((one, other) =>
      other.width * other.height >= one.width * one.height ? other : one,
    );

  watch.size = () => [onTop().width, onTop().height];

  const pixel = (context) => {
    const { width, height } = context.canvas;
    return new Uint32Array(context.getImageData(width >> 1, height >> 1, 1, 1).data.buffer)[0];
  };

  const uniform = (canvas) => {
    sample.drawImage(canvas, 0, 0, 32, 18);
    const pixels = new Uint32Array(sample.getImageData(0, 0, 32, 18).data.buffer);
    // Unpainted pixels are transparent black, the same colour as an empty screen.
    return pixels.every((value) => ((value ^ pixels[0]) & 0xffffff) === 0);
  };

  // Once for each browser frame, however many calls it took: Xpra draws an update with many calls.
  const count = () => {
    due = false;
    const now = pixel(onTop().getContext("2d"));
    if (now !== middle) watch.frames += 1;
    middle = now;
  };

  const drawn = (context) => {
    const now = performance.now();
    if (!context.canvas.closest?.("#screen")) return;
    if (seen !== null && !uniform(context.canvas)) {
      seen(now);
      seen = null;
    }
    if (pressed !== null && context.canvas === onTop() && pixel(context) !== colour) {
      changed(now - pressed);
      pressed = null;
    }
    if (!due) requestAnimationFrame(count);
    due = true;
  };

  for (const name of ["drawImage", "putImageData"]) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...what) {
      original.apply(this, what);
      drawn(this);
    };
  }

  addEventListener("keydown", () => {
    // The time from the last key to the changed canvas.
    watch.key = within(5000, (resolve) => (changed = resolve));
    colour = pixel(onTop().getContext("2d"));
    pressed = performance.now();
  }, { capture: true });
})();
