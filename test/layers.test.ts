import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";

/**
 * Who may import whom: the table of ARCHITECTURE.md as data. A unit is a package, or a folder of
 * the server's sources; `files` are the few modules beside those folders.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  onnx: ["core"],
  client: ["core"],
  "server/bundle": ["core"],
  "server/data": ["core"],
  "server/engine": ["core", "onnx"],
  "server/inference": ["core", "server/engine"],
  "server/processing": ["core", "server/data", "server/engine"],
  "server/monitor": ["core", "server/inference"],
  "server/registry": [
    "core",
    "onnx",
    "server/engine",
    "server/inference",
    "server/monitor",
    "server/processing",
  ],
  "server/optimize": ["core", "onnx", "server/data", "server/engine"],
  "server/http": [
    "core",
    "server/engine",
    "server/inference",
    "server/monitor",
    "server/processing",
    "server/registry",
    "server/files",
  ],
  "server/grpc": ["core", "server/http", "server/registry"],
  "server/library": ["core", "server/http", "server/processing", "server/registry", "server/files"],
  "server/cli": [
    "core",
    "onnx",
    "client",
    "server/bundle",
    "server/data",
    "server/engine",
    "server/grpc",
    "server/http",
    "server/library",
    "server/optimize",
    "server/processing",
    "server/registry",
    "server/files",
  ],
  "server/files": [
    "core",
    "server/engine",
    "server/library",
    "server/monitor",
    "server/processing",
    "server/registry",
  ],
};

const root = join(import.meta.dirname, "..");
const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).filter(
  (file) => !file.endsWith(".test.ts") && !file.endsWith(".d.ts"),
);

/** The unit that a source file belongs to. */
function unitOf(file: string): string {
  const [, name, , ...rest] = file.split("/");
  if (name !== "server") return name!;
  return rest.length === 1 ? "server/files" : `server/${rest[0]}`;
}

/** `import … from "x"`, `export … from "x"`, `import "x"`; or `import("x")`. */
const IMPORTS =
  /^(?:import|export)\s(?:[^"';]*?\sfrom\s)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** What a source file imports, statically or not: units of ours, and packages of others. */
function importsOf(file: string): { units: string[]; packages: string[] } {
  const text = readFileSync(join(root, file), "utf8");
  const names = [...text.matchAll(IMPORTS)].map((match) => (match[1] ?? match[2])!);
  const units: string[] = [];
  const packages: string[] = [];
  for (const name of names) {
    if (name.startsWith(".")) units.push(unitOf(relative(root, join(root, file, "..", name))));
    else if (name.startsWith("@longshore/")) units.push(name.split("/")[1]!);
    else if (name === "longshore") units.push("server/files");
    else packages.push(name);
  }
  return { units, packages };
}

test("every source file belongs to a unit of the table, and every unit has files", () => {
  assert.deepEqual([...new Set(sources.map(unitOf))].toSorted(), Object.keys(ALLOWED).toSorted());
});

test("no file imports against the table", () => {
  const wrong = sources.flatMap((file) => {
    const unit = unitOf(file);
    return importsOf(file)
      .units.filter((other) => other !== unit && !ALLOWED[unit]!.includes(other))
      .map((other) => `${file} imports ${other}`);
  });
  assert.deepEqual(wrong, []);
});

test("core and onnx import nothing of Node, and of others only what they declare", () => {
  for (const name of ["core", "onnx"]) {
    const manifest: unknown = JSON.parse(
      readFileSync(join(root, `packages/${name}/package.json`), "utf8"),
    );
    const declared = Object.keys((manifest as { dependencies?: object }).dependencies ?? {});
    for (const file of sources.filter((source) => unitOf(source) === name)) {
      for (const imported of importsOf(file).packages) {
        assert.ok(declared.includes(imported), `${file} imports ${imported}`);
      }
    }
  }
});
