// Reads the pixels of a desktop that a page shows, in canvases and in videos over them. Later
// elements of the page are over earlier ones; an element may be cut off by its parent. All times are those of the clock
// (Date.now()), in milliseconds. Positions are in pixels of the desktop.
(() => {
  const shown = (window.shown = {});
  const BITS = 22, BLOCK = 44;
  // These canvases are not in the page, so `visible` does not find them.
  const small = new OffscreenCanvas(BITS, 1).getContext("2d", { willReadFrequently: true });
  const large = new OffscreenCanvas(16, 16).getContext("2d", { willReadFrequently: true });
  const clock = (time = performance.now()) => performance.timeOrigin + time;
  let samples = null;
  let click = null;

  const sizeOf = (element) =>
    element instanceof HTMLVideoElement ? [element.videoWidth, element.videoHeight] : [element.width, element.height];

  const visible = () =>
    [...document.querySelectorAll("canvas, video")].filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      const [wide, high] = sizeOf(element);
      if (!(element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && width * height * wide * high)) return false;
      return !(element instanceof HTMLVideoElement) || element.readyState >= 2;
    });

  const area = (element) => { const { width, height } = element.getBoundingClientRect(); return width * height; };

  // The element that is the desktop: the first of the largest.
  const base = (elements = visible()) =>
    elements.reduce((one, other) => (one && area(other) < area(one) * 1.2 ? one : other), null);

  shown.size = () => { const one = base(); return one ? sizeOf(one) : [0, 0]; };

  // The place of the desktop in the page.
  const origin = (one) => {
    const { left, top } = one.getBoundingClientRect();
    return { left, top };
  };

  shown.place = (x, y) => { const { left, top } = origin(base()); return [left + x, top + y]; };

  // The part of an element that shows some of a place (x, y, width, height), in its own pixels; null if none.
  const part = (element, from, [x, y, width, height]) => {
    const box = element.getBoundingClientRect(), outer = element.parentElement.getBoundingClientRect();
    const cut = getComputedStyle(element.parentElement).overflow !== "visible";
    const left = Math.max(box.left, cut ? outer.left : -Infinity), top = Math.max(box.top, cut ? outer.top : -Infinity);
    const right = Math.min(box.right, cut ? outer.right : Infinity), bottom = Math.min(box.bottom, cut ? outer.bottom : Infinity);
    const x1 = Math.max(left, from.left + x), y1 = Math.max(top, from.top + y);
    const x2 = Math.min(right, from.left + x + width), y2 = Math.min(bottom, from.top + y + height);
    if (x2 <= x1 || y2 <= y1) return null;
    const [wide, high] = sizeOf(element), sx = wide / box.width, sy = high / box.height;
    return {
      source: [(x1 - box.left) * sx, (y1 - box.top) * sy, (x2 - x1) * sx, (y2 - y1) * sy],
      target: [x1 - from.left - x, y1 - from.top - y, x2 - x1, y2 - y1],
    };
  };

  // Draws a place, as it is shown, into a canvas of columns x rows pixels.
  const draw = (context, place, columns, rows) => {
    const elements = visible(), one = base(elements);
    context.clearRect(0, 0, columns, rows);
    if (!one) return;
    const from = origin(one), [, , width, height] = place;
    for (const element of elements) {
      const found = part(element, from, place);
      if (!found) continue;
      const [x, y, wide, high] = found.target;
      context.drawImage(element, ...found.source, (x * columns) / width, (y * rows) / height, (wide * columns) / width, (high * rows) / height);
    }
  };

  const topmost = (place) => {
    const elements = visible(), one = base(elements);
    if (!one) return {};
    const from = origin(one);
    for (const element of elements.reverse()) {
      const found = part(element, from, place);
      if (found) return { element, found, under: element === one };
    }
    return {};
  };

  // The brightness of cells in a row, in the middle of each. Of a video only these pixels are copied: to draw it would
  // convert the whole picture, which takes as long as to show it.
  const row = async ([x, y, width, height], cells) => {
    const place = [x, y + (height >> 1) - 1, width, 2];
    const { element, found, under } = topmost(place);
    if (element instanceof HTMLVideoElement) {
      const frame = new VideoFrame(element);
      try {
        if (["I420", "NV12"].includes(frame.format)) {
          const [left, top, wide] = found.source.map((value) => Math.round(value / 2) * 2);
          const rect = { x: left + frame.visibleRect.x, y: top + frame.visibleRect.y, width: wide, height: 2 };
          const pixels = new Uint8Array(frame.allocationSize({ rect }));
          const [luma] = await frame.copyTo(pixels, { rect });
          return [Array.from({ length: cells }, (_, i) => pixels[luma.offset + Math.floor(((i + 0.5) * wide) / cells)]), under];
        }
      } finally {
        frame.close();
      }
    }
    return [drawnRow(place, cells), under];
  };

  const drawnRow = (place, cells) => {
    draw(small, place, cells, 1);
    return lumas(small.getImageData(0, 0, cells, 1).data);
  };

  const lumas = (data) => Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] + 2 * data[4 * i + 1] + data[4 * i + 2]) >> 2);

  // The number in a bar code (xclients/layout.py); null if it cannot be read.
  const number = ([white, black, ...rest]) => {
    if (!(white - black > 80)) return null;
    const bits = rest.map((value) => (value * 2 > white + black ? 1 : 0));
    const value = bits.slice(0, 16).reduce((sum, bit, i) => sum | (bit << i), 0);
    const check = bits.slice(16).reduce((sum, bit, i) => sum | (bit << i), 0);
    return ((value ^ (value >> 4) ^ (value >> 8) ^ (value >> 12)) & 15) === check ? value : null;
  };

  const eachFrame = (run) => {
    const step = (time) => { if (run(time)) requestAnimationFrame(step); };
    requestAnimationFrame(step);
  };

  // From now on, for each of the browser's frames: time, number of the picture that is shown, and whether the lowest element shows it.
  shown.start = (x, y) => {
    const mine = (samples = []);
    eachFrame((time) => {
      if (samples !== mine) return false;
      row([x, y, BITS * BLOCK, BLOCK], BITS).then(([cells, under]) => { mine.push([clock(time), number(cells), under]); });
      return true;
    });
  };

  shown.stop = () => { const all = samples; samples = null; return all; };
  shown.take = () => samples.splice(0);

  // A place of the desktop as it is shown, and the number of its picture: RGBA in base64.
  shown.picture = async (code, [x, y, width, height]) => {
    const all = [0, 0, ...shown.size()];
    const pixels = whole(all);
    const data = pixels.getImageData(x, y, width, height).data;
    const strip = pixels.getImageData(code[0], code[1] + (BLOCK >> 1), BITS * BLOCK, 1);
    const cells = lumas(strip.data).filter((_, i) => i % BLOCK === BLOCK >> 1);
    const reader = new FileReader();
    const done = new Promise((resolve) => { reader.onload = resolve; });
    reader.readAsDataURL(new Blob([data]));
    await done;
    return [number(cells), reader.result.split(",")[1]];
  };

  const whole = ([x, y, width, height]) => {
    const { canvas } = large;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    draw(large, [x, y, width, height], width, height);
    return large;
  };

  // For some time: a hash of the whole picture, and every 61st pixel. Resolves to [time, whether it is the last
  // picture exactly, mean difference from the last, of 255].
  shown.settles = (ms, every) =>
    new Promise((resolve) => {
      const until = performance.now() + ms, found = [];
      let next = 0;
      eachFrame((time) => {
        if (time >= next) {
          next = time + every;
          const [wide, high] = shown.size();
          const pixels = new Uint32Array(whole([0, 0, wide, high]).getImageData(0, 0, wide, high).data.buffer);
          let hash = 0;
          for (let i = 0; i < pixels.length; i++) hash = (Math.imul(hash, 31) + pixels[i]) | 0;
          const some = new Uint32Array(Math.ceil(pixels.length / 61));
          for (let i = 0; i < some.length; i++) some[i] = pixels[i * 61];
          found.push([clock(time), hash, new Uint8Array(some.buffer)]);
        }
        if (time < until) return true;
        const [, hash, end] = found.at(-1);
        resolve(found.map(([at, one, some]) => [at, one === hash, some.reduce((sum, value, i) => sum + Math.abs(value - end[i]), 0) / some.length * 4 / 3]));
        return false;
      });
    });

  // Milliseconds from the next press of a button to another brightness of a block.
  shown.click = (x, y, side) => {
    shown.clicked = new Promise((resolve, reject) => {
      row([x, y, side, side], 1).then(([[before]]) => {
        const mine = (click = { place: [x, y, side, side], before, resolve, at: null });
        setTimeout(() => {
          if (click === mine) click = null;
          reject(new Error("A click changed nothing within 5 s."));
        }, 5000);
      });
    });
    return new Promise((resolve) => { const wait = () => (click ? resolve() : setTimeout(wait, 1)); wait(); });
  };

  const look = (pending, time, [value]) => {
    if (click !== pending || Math.abs(value - pending.before) < 60) return;
    click = null;
    pending.resolve(time - pending.at);
  };

  addEventListener("pointerdown", () => {
    const pending = click;
    if (!pending || pending.at !== null) return;
    pending.at = performance.now();
    eachFrame(() => {
      if (click !== pending) return false;
      const now = performance.now();
      row(pending.place, 1).then(([cells]) => { look(pending, now, cells); });
      return true;
    });
  }, { capture: true });

  // A page that draws on the visible canvas has shown it then, up to a frame earlier than the next one of the browser.
  for (const name of ["drawImage", "putImageData"]) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...what) {
      original.apply(this, what);
      if (!click || click.at === null || !this.canvas.isConnected) return;
      const pending = click, { element } = topmost(pending.place);
      if (element === this.canvas) look(pending, performance.now(), drawnRow(pending.place, 1));
    };
  }
})();
