// Compiles all packages and puts the files beside them that the compiler does not copy.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleForNode } from "./bundleForNode.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
for (const name of ["core", "onnx", "client", "server"]) {
  rmSync(`${root}packages/${name}/dist`, { recursive: true, force: true });
  rmSync(`${root}packages/${name}/tsconfig.tsbuildinfo`, { force: true });
}
execFileSync("tsc", ["--build"], { cwd: root, stdio: "inherit" });
for (const name of ["core", "onnx", "server"]) await bundleForNode(`${root}packages/${name}`);

for (const name of ["core", "onnx", "client", "server"]) {
  cpSync(`${root}LICENSE`, `${root}packages/${name}/LICENSE`);
}
cpSync(`${root}README.md`, `${root}packages/server/README.md`);

const assets = "http/docs/assets";
cpSync(`${root}packages/server/src/${assets}`, `${root}packages/server/dist/${assets}`, {
  recursive: true,
});
