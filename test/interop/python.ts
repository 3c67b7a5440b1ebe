import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../support/require.ts";

const here = import.meta.dirname;

/** Why a test with Python is skipped; false where it is not. */
export const { program, skip } = findProgram("python3");

/** Pinned clients that can be installed together, and where they are. */
interface Environment {
  readonly requirements: string;
  readonly folder: string;
}

const TRITON: Environment = { requirements: "requirements.txt", folder: ".venv" };

/** Clients whose generated code needs an older protobuf than the others'. */
export const TENSORFLOW_SERVING: Environment = {
  requirements: "requirements-tfserving.txt",
  folder: ".venv/tfserving",
};

/** The pinned clients in an environment of their own, made on the first run and when pins change. */
export function python(environment: Environment = TRITON): string {
  const folder = join(here, environment.folder);
  const own = join(folder, "bin/python");
  const requirements = join(here, environment.requirements);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const mark = join(folder, `bin/installed-${digest.slice(0, 12)}`);
  if (!existsSync(mark)) {
    execFileSync(program, ["-m", "venv", folder]);
    execFileSync(own, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
    writeFileSync(mark, "");
  }
  return own;
}

interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a script of this folder to its end. */
export function runPython(script: string, ...args: readonly string[]): Run {
  return runPythonIn(TRITON, script, ...args);
}

/** Runs a script of this folder to its end, with the clients of an environment. */
export function runPythonIn(
  environment: Environment,
  script: string,
  ...args: readonly string[]
): Run {
  const { status, stdout, stderr } = spawnSync(python(environment), [join(here, script), ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, output: `${stdout}\n${stderr}` };
}
