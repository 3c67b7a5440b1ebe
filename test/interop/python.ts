import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../support/require.ts";

const here = import.meta.dirname;

/** Why a test with Python is skipped; false where it is not. */
export const { program, skip } = findProgram("python3");

/** The pinned clients in an environment of their own, made on the first run and when pins change. */
export function python(): string {
  const folder = join(here, ".venv");
  const own = join(folder, "bin/python");
  const requirements = join(here, "requirements.txt");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const mark = join(folder, `bin/installed-${digest.slice(0, 12)}`);
  if (!existsSync(mark)) {
    execFileSync(program, ["-m", "venv", folder]);
    execFileSync(own, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
    writeFileSync(mark, "");
  }
  return own;
}

/** Runs a script of this folder to its end. */
export function runPython(
  script: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(python(), [join(here, script), ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, output: `${stdout}\n${stderr}` };
}
