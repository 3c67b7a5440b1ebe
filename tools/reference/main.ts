/** Writes the reference pages and the JSON Schema anew: `npm run reference`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { referenceFiles } from "./files.ts";

const root = join(import.meta.dirname, "../..");
for (const [path, content] of Object.entries(await referenceFiles())) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
