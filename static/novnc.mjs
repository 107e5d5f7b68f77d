// One repair to noVNC 1.7.0 while it is bundled; everything else of it is as published.
import { readFile } from "node:fs/promises";

// Its deflator stops once the input is read, although output may still be pending: clipboard text that deflates to
// just over 100 KiB is cut off, and the display server then drops the connection.
const stopsEarly = "this.strm.avail_in > 0";
const readsOn = "(this.strm.avail_in > 0 || this.strm.avail_out === 0)";

export const completeDeflate = {
  name: "complete-deflate",
  setup(bundler) {
    bundler.onLoad({ filter: /novnc[\\/]core[\\/]deflator\.js$/ }, async ({ path }) => {
      const parts = (await readFile(path, "utf8")).split(stopsEarly);
      if (parts.length !== 3) throw new Error(`${path} has changed: look whether it still needs the repair.`);
      return { contents: parts.join(readsOn) };
    });
  },
};
