import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../support/require.ts";
import { startServer } from "../support/server.ts";

const here = import.meta.dirname;
const examples = join(here, "../../examples");
const { program, skip } = findProgram("python3");

/** The pinned client in an environment of its own, made on the first run. */
function python(): string {
  const folder = join(here, ".venv");
  const own = join(folder, "bin/python");
  if (!existsSync(join(folder, "bin/tritonclient-installed"))) {
    execFileSync(program, ["-m", "venv", folder]);
    const requirements = join(here, "requirements.txt");
    execFileSync(own, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
    execFileSync("touch", [join(folder, "bin/tritonclient-installed")]);
  }
  return own;
}

test("Triton's HTTP client works unchanged", { skip }, async () => {
  const own = python();
  await using server = await startServer([examples]);
  const script = join(here, "tritonclient_http.py");
  const { status, stdout, stderr } = spawnSync(
    own,
    [script, `127.0.0.1:${server.port}`, examples],
    {
      encoding: "utf8",
      timeout: 120_000,
    },
  );
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
