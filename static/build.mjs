// Builds the page into ../desktop/static: one script per entry point, the style sheet, the icon and the licence notices.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { changesToNovnc, novncRepairs } from "./novnc.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here("../desktop/static/");

/** Licence notices of bundled code. Xpra's HTML5 client is not bundled: browsers load the system's copy. */
async function notices() {
  const part = async (title, file) => `${title}\n${"=".repeat(title.length)}\n\n${await readFile(here(file), "utf8")}\n`;
  return [
    "vnc.js contains noVNC 1.7.0, in source form at https://www.npmjs.com/package/@novnc/novnc/v/1.7.0,",
    "under the Mozilla Public License 2.0, unchanged except for the repairs below; and noVNC's copy of pako, under the",
    "MIT licence. Their notices come last.",
    "",
    ...changesToNovnc(),
    await part("noVNC", "node_modules/@novnc/novnc/LICENSE.txt"),
    await part("noVNC: authors", "node_modules/@novnc/novnc/AUTHORS"),
    await part("Mozilla Public License 2.0", "node_modules/@novnc/novnc/docs/LICENSE.MPL-2.0"),
    await part("pako", "node_modules/@novnc/novnc/vendor/pako/LICENSE"),
  ].join("\n");
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  entryPoints: [
    { in: here("src/desktop.ts"), out: "desktop" },
    { in: here("src/desktop.css"), out: "desktop" },
    { in: here("src/clients/vnc/vnc.ts"), out: "vnc" },
    { in: here("src/clients/xpra/xpra.ts"), out: "xpra" },
    { in: here("src/video/worker.ts"), out: "video-worker" },
  ],
  outdir: out,
  bundle: true,
  // noVNC 1.7.0 has a top-level await, which only ES modules allow.
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  plugins: [novncRepairs],
  logLevel: "warning",
});
await copyFile(here("icon.svg"), `${out}icon.svg`);
await writeFile(`${out}third-party-licenses.txt`, await notices());
