import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "node:test";

/** The folders of src/, the lowest first: each imports only from those before it. */
const FLOORS = ["dom", "api", "wire", "keys", "clients", "input", "clipboard", "size", "video", "connection", "view", "tools"];
/** A folder of small parts, which are imported one by one. */
const NO_DOOR = "dom";
const MOST_AT_THE_TOP = 6;

const src = join(process.cwd(), "src");
const modules = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
const imports = new Map(modules.map((path) => [path, importsOf(path)]));

/** The modules that a module imports, types included, as paths below src/. */
function importsOf(path: string): string[] {
  const code = readFileSync(join(src, path), "utf8");
  const named = [...code.matchAll(/(?:from |import\(|import )"(\.[^"]+)"/g)].map(([, name = ""]) => normalize(join(dirname(path), name)));
  return named.map((name) => [`${name}.ts`, `${name}.d.ts`, join(name, "index.ts")].find((file) => modules.includes(file)) ?? `${name}?`);
}

/** The imports from a folder of src/ (or its top) into another one for which `wrong` is true. */
function arrows(wrong: (from: string, to: string, target: string) => boolean): string[] {
  return [...imports].flatMap(([path, targets]) =>
    targets.filter((target) => folder(path) !== folder(target) && wrong(folder(path), folder(target), target)).map((target) => `${path} -> ${target}`),
  );
}

function folder(path: string): string {
  return path.split("/")[0] ?? "";
}

test("every folder is one of the floors", () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), [...FLOORS].sort());
});

test("imports between folders only point down", () => {
  const lower = (from: string): string[] => FLOORS.includes(from) ? FLOORS.slice(0, FLOORS.indexOf(from)) : FLOORS;
  assert.deepEqual(arrows((from, to) => !lower(from).includes(to)), []);
});

test("a folder is imported by its door (index.ts)", () => {
  assert.deepEqual(arrows((_, to, target) => to !== NO_DOOR && target !== join(to, "index.ts")), []);
});

test("a door is imported only from outside", () => {
  const inside = [...imports].filter(([path, targets]) => targets.includes(join(folder(path), "index.ts")));
  assert.deepEqual(inside.map(([path]) => path), []);
});

test("there are no circular imports", () => {
  const done = new Set<string>();
  const follow = (path: string, way: string[]): string[] => {
    if (way.includes(path)) return [[...way.slice(way.indexOf(path)), path].join(" -> ")];
    if (done.has(path)) return [];
    const circles = (imports.get(path) ?? []).flatMap((target) => follow(target, [...way, path]));
    done.add(path);
    return circles;
  };
  assert.deepEqual(modules.flatMap((path) => follow(path, [])), []);
});

test("few modules are outside the folders", () => {
  assert.ok(modules.filter((path) => !path.includes("/")).length <= MOST_AT_THE_TOP);
});
