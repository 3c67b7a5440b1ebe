/** Runs the command in a process, for the tests beside it. Has their suffix to stay out of the build. */
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
/** The command's entry, and what Node needs to run it from source. */
export const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
export const NODE = ["--conditions=longshore-source"];

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the repository's root. */
export async function run(
  command: string,
  args: readonly string[],
  stdin = "",
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env } });
  const ended = Promise.withResolvers<number | null>();
  child.on("error", ended.reject);
  child.on("close", ended.resolve);
  child.stdin.on("error", () => undefined); // A command that fails early does not read it.
  child.stdin.end(stdin);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.promise,
  ]);
  return { code, stdout, stderr };
}

/** Runs the command. */
export function longshore(
  args: readonly string[],
  stdin?: string,
  env?: NodeJS.ProcessEnv,
): Promise<Ended> {
  return run(process.execPath, [...NODE, MAIN, ...args], stdin, env);
}

/** @returns what the command printed; it must have succeeded. */
export async function succeed(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await longshore(args, stdin);
  assert.equal(code, 0, stderr);
  return stdout;
}
