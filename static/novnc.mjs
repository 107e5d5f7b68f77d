// Repairs to noVNC 1.7.0, applied while bundling; the rest is as published.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Our module that a repair imports: name and path. */
const OURS = { name: "jupyter-desktop/decoded-image", path: fileURLToPath(new URL("src/clients/decoded-image.ts", import.meta.url)) };

/** For each file below core/: text, replacement, number of occurrences. */
const REPAIRS = {
  // The deflator stops once the input is read, although output may be pending: clipboard text that deflates to just over
  // 100 KiB is cut off, and the display server then drops the connection.
  "deflator.js": [["this.strm.avail_in > 0", "(this.strm.avail_in > 0 || this.strm.avail_out === 0)", 2]],
  // noVNC decodes each compressed rectangle in an image element with a data URL. Chromium keeps all of these elements
  // until the tab is closed. After a rectangle that cannot be decoded, nothing is drawn any more.
  "display.js": [
    ["import Base64 from \"./base64.js\";", `import DecodedImage from "${OURS.name}";`, 1],
    ["const img = new Image();", "const img = new DecodedImage(mime, arr);", 1],
    ["        img.src = \"data: \" + mime + \";base64,\" + Base64.encode(arr);\n", "", 1],
    [
      "                            return;\n                        }\n                        this.drawImage(a.img, a.x, a.y);",
      "                        } else {\n                            this.drawImage(a.img.source, a.x, a.y);\n                        }",
      1,
    ],
    ["a.img.src = \"\";", "a.img.close();", 1],
    ["                        a.img._noVNCDisplay = this;\n", "", 1],
    ["a.img.addEventListener('load', this._resumeRenderQ);", "a.img.settled.then(() => this._scanRenderQ());", 1],
  ],
  // noVNC throws at invalid UTF-8: one wrong byte loses the whole text copied on the desktop.
  "util/strings.js": [
    [
      "        throw e;",
      "        const bytes = Uint8Array.from(utf8string, (byte) => byte.charCodeAt(0));\n" +
        "        return new TextDecoder(\"utf-8\", { ignoreBOM: true }).decode(bytes);",
      1,
    ],
  ],
};

function repair(path, text, repairs) {
  for (const [found, replacement, times] of repairs) {
    const parts = text.split(found);
    if (parts.length !== times + 1) throw new Error(`${path} has changed: check whether it still needs the repair.`);
    text = parts.join(replacement);
  }
  return text;
}

/** All changes: the Mozilla Public License 2.0 requires that recipients of the bundle can get them. */
export function changesToNovnc() {
  const quoted = (text) => text.split("\n").map((line) => `    ${line}`.trimEnd());
  return Object.entries(REPAIRS).flatMap(([name, repairs]) =>
    repairs.flatMap(([found, replacement]) => [
      ...[`In core/${name}, this text:`, "", ...quoted(found), "", "is replaced by:", ""],
      ...[...(replacement === "" ? ["    (nothing)"] : quoted(replacement)), ""],
    ]),
  );
}

export const novncRepairs = {
  name: "novnc-repairs",
  setup(bundler) {
    bundler.onResolve({ filter: new RegExp(`^${OURS.name}$`) }, () => ({ path: OURS.path }));
    for (const [name, repairs] of Object.entries(REPAIRS)) {
      const filter = new RegExp(String.raw`novnc[\\/]core[\\/]${name.replace(".", String.raw`\.`)}$`);
      bundler.onLoad({ filter }, async ({ path }) => ({ contents: repair(path, await readFile(path, "utf8"), repairs) }));
    }
  },
};
