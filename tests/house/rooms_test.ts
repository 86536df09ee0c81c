import { assertEquals } from "@std/assert";
import { dirname, join, relative, resolve } from "node:path";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LIB = resolve(dirname(fileURLToPath(import.meta.url)), "../../lib");

/** The rooms in the order in which data flows; a room may import only from rooms above it. */
const ROOMS = [
  "std",
  "base",
  "settings",
  "capture",
  "decode",
  "record",
  "expression",
  "meter",
  "cluster",
  "compare",
  "explain",
  "formats",
  "stores",
  "display",
  "chain",
];

function* files(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** Files that a source file imports or re-exports by relative path, and whether only for types. */
function importsOf(path: string): { target: string; types: boolean }[] {
  // Examples in comments import what they like.
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: { target: string; types: boolean }[] = [];
  const pattern =
    /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[\w*{][^;"']*?\sfrom\s*)?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/g;
  for (const m of text.matchAll(pattern)) {
    found.push({ target: resolve(dirname(path), (m[3] ?? m[4])!), types: m[2] !== undefined });
  }
  return found;
}

const roomOf = (path: string) => relative(LIB, path).split("/")[0]!;

Deno.test("every room is entered by its door, and imports point only upwards", () => {
  const broken: string[] = [];
  for (const path of files(LIB)) {
    const room = roomOf(path);
    for (const { target } of importsOf(path)) {
      const other = roomOf(target);
      if (other === room) continue;
      const from = relative(LIB, path), to = relative(LIB, target);
      if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) broken.push(`${from} imports downwards from ${to}`);
      if (other !== "std" && !target.endsWith("/mod.ts")) broken.push(`${from} enters ${to} past its door`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("every room is in the plan and has a door", () => {
  assertEquals(readdirSync(LIB).filter((name) => !ROOMS.includes(name)), []);
  for (const room of ROOMS) {
    if (room !== "std") assertEquals(statSync(join(LIB, room, "mod.ts")).isFile(), true, room);
  }
});

Deno.test("no file imports itself through others", () => {
  const graph = new Map<string, string[]>();
  for (const path of files(LIB)) {
    // Types vanish before anything runs, so only values can go round in circles.
    graph.set(path, importsOf(path).filter((i) => !i.types).map((i) => i.target));
  }
  const done = new Set<string>(), circles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      circles.push([...trail.slice(trail.indexOf(path)), path].map((p) => relative(LIB, p)).join(" > "));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  assertEquals(circles, []);
});
