import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The virtual environment `.venv/<name>` with exactly what `requirements-<name>.txt` pins, made
 * when it is missing or the pins have changed.
 *
 * @returns the folder of its programs.
 * @throws Error saying why Python or the packages could not be had.
 */
export async function ensureVenv(name: string): Promise<string> {
  const pins = join(import.meta.dirname, `requirements-${name}.txt`);
  const folder = join(import.meta.dirname, ".venv", name);
  const bin = join(folder, "bin");
  // Written last, so that an interrupted installation is begun again.
  const stamp = join(folder, "installed.txt");
  const wanted = readFileSync(pins, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return bin;

  console.error(`installing ${name} (once) …`);
  await attempt("python3", ["-m", "venv", "--clear", folder]);
  await attempt(join(bin, "python"), ["-m", "pip", "install", "--quiet", "--requirement", pins]);
  writeFileSync(stamp, wanted);
  return bin;
}

async function attempt(program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args, { maxBuffer: 2 ** 26 });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    const lines = (stderr || message).trim().split("\n");
    throw new Error(lines.findLast((line) => line.startsWith("ERROR")) ?? lines.at(-1));
  }
}
