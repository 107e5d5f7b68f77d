// Bundles every *.test.ts below test/ into a temporary folder and runs them with Node's test runner.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { novncRepairs } from "./novnc.mjs";

const folder = fileURLToPath(new URL("test/", import.meta.url));
const tests = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".test.ts"));
const out = await mkdtemp(join(tmpdir(), "page-tests-"));
try {
  await build({
    entryPoints: tests.map((name) => join(folder, name)),
    outbase: folder,
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    plugins: [novncRepairs],
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: "inherit" }).status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
