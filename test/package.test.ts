import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./support/models.ts";

const root = join(import.meta.dirname, "..");
/** Only ends a test that would never end. */
const HANG_MS = 240_000;

const RULES = `import { defineModel } from "longshore/model";
export default defineModel({
  inputs: { x: { datatype: "FP32", shape: ["N"] } },
  outputs: { y: { datatype: "FP32", shape: ["N"] } },
  predict: ({ x }) => ({ y: x.data.map((value: number) => 2 * value) }),
});
`;

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", timeout: HANG_MS });
}

test("the packed packages work where they are installed: npx longshore serve model.onnx", async () => {
  using folder = temporaryFolder();
  run("npm", ["run", "--silent", "build"], root);
  for (const name of ["core", "onnx", "client", "server"]) {
    run(
      "npm",
      ["pack", "--silent", "--pack-destination", folder.path],
      join(root, "packages", name),
    );
  }
  const packed = readdirSync(folder.path).filter((name) => name.endsWith(".tgz"));
  assert.equal(packed.length, 4);
  // As the README tells users on a closed network; npm 11 and later need neither.
  writeFileSync(join(folder.path, ".npmrc"), "onnxruntime-node-install=skip\n");
  writeFileSync(join(folder.path, "package.json"), '{ "private": true }');
  const files = packed.map((name) => `./${name}`);
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...files], folder.path);
  cpSync(join(root, "examples/digits/model.onnx"), join(folder.path, "model.onnx"));

  assert.match(run("npx", ["longshore", "inspect", "model.onnx"], folder.path), /pixels/);
  const importClient =
    'import("@longshore/client").then(({ createClient }) => createClient({ url: "http://x" }))';
  run(process.execPath, ["-e", importClient], folder.path);
  // What editors read, as `longshore init` names it.
  const schema = join(folder.path, "node_modules/@longshore/core/schema/bundle.schema.json");
  assert.ok(existsSync(schema));

  // Outside of every node_modules: the server itself has what it imports.
  using elsewhere = temporaryFolder();
  const rules = join(elsewhere.path, "rules.ts");
  writeFileSync(rules, RULES);
  const server = spawn(
    process.execPath,
    ["node_modules/longshore/bin/longshore.js", "serve", "model.onnx", rules, "--port", "0"],
    { cwd: folder.path, stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = new Promise((resolve) => server.once("exit", resolve));
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const found = /^Serving on (\S+)$/m.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`the server ended:\n${printed}`)));
  });
  const response = await fetch(`${url}/predict/model`, {
    method: "POST",
    body: JSON.stringify({ inputs: [Array(64).fill(0)] }),
  });
  assert.equal(response.status, 200);
  const ruled = await fetch(`${url}/predict/rules`, {
    method: "POST",
    body: '{"inputs":{"x":[3]}}',
  });
  assert.match(await ruled.text(), /"y":\[6\]/);
  assert.equal((await fetch(`${url}/docs`)).status, 200, "assets are packed too");
  server.kill("SIGTERM");
  assert.equal(await ended, 0);
});
