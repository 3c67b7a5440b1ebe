import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./support/models.ts";
import { startServer } from "./support/server.ts";

const root = join(import.meta.dirname, "..");
const EXAMPLES = ["breast-cancer", "diabetes", "digits"].map((name) =>
  join(root, "examples", name),
);

function types(...args: string[]): string {
  const main = join(root, "packages/server/src/cli/main.ts");
  return execFileSync(process.execPath, ["--conditions=longshore-source", main, "types", ...args], {
    encoding: "utf8",
  });
}

/** Lines with a mistake are marked: the compiler complains of each of them, and of no other. */
const PROGRAM = `
import { createClient } from "@longshore/client";
import type { Models } from "./models.ts";

const client = createClient<Models>({ url: "http://127.0.0.1:8000" });
const patient = {
  age: 59, sex: 1, bmi: 25.3, blood_pressure: 98, cholesterol: 191, ldl: 100, hdl: 50,
  cholesterol_ratio: 4, log_triglycerides: 4.5, glucose: 90,
};
const one = await client.predict("diabetes", patient);
const progression: number | null = one.outputs.progression;
const many = await client.predict("diabetes", [patient, patient]);
const second: number | null | undefined = many.outputs[1]?.progression;
const { outputs } = await client.predict("digits", { image: new Blob([]) });
const seven: number = outputs.probabilities["7"];
if (outputs.digit === "7") console.log(progression, second, seven);

// @ts-expect-error there is no such model
await client.predict("diabets", patient);
// @ts-expect-error a field is missing
await client.predict("diabetes", { age: 59 });
// @ts-expect-error a field is of another type
await client.predict("diabetes", { ...patient, age: "59" });
// @ts-expect-error there is no such label
outputs.probabilities["10"];
// @ts-expect-error there is no such answer
if (outputs.digit === "ten") console.log();
// @ts-expect-error several rows are answered by several
many.outputs.progression;
`;

test("a client is typed by the models of a folder, and of a server the same", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "models.ts");
  assert.equal(types(...EXAMPLES, "--out", file), "");
  await using server = await startServer(EXAMPLES, ["--log-level", "error"]);
  assert.equal(types(server.url), readFileSync(file, "utf8"));

  writeFileSync(join(folder.path, "program.ts"), PROGRAM);
  const options = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      allowImportingTsExtensions: true,
      lib: ["es2025", "dom"],
      paths: { "@longshore/client": [join(root, "packages/client/src/index.ts")] },
    },
    files: ["program.ts"],
  };
  writeFileSync(join(folder.path, "tsconfig.json"), JSON.stringify(options));
  // Where the packages are found, and how the program is read.
  writeFileSync(join(folder.path, "package.json"), '{ "type": "module" }');
  const { status, stdout } = spawnSync("npx", ["--no-install", "tsc", "--project", folder.path], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(stdout, "");
  assert.equal(status, 0);
});

test("a model that cannot be loaded, or a server that is not there, is an error", () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "broken.onnx"), "not a model");
  assert.throws(() => types(folder.path), /failed to load "broken"/);
  assert.throws(() => types("http://127.0.0.1:1"), /127\.0\.0\.1:1\/openapi\.json/);
  assert.throws(() => types("http://127.0.0.1:1", folder.path), /give one address, or paths/);
});
