import { spawn } from "node:child_process";
import { json } from "node:stream/consumers";

/** How a script that prints one JSON value is run. */
export interface ScriptOptions {
  readonly args: readonly string[];
  /** Its standard input. */
  readonly input?: Uint8Array;
  /** After which it is killed, in seconds. */
  readonly limit: number;
}

/**
 * Runs a script of this folder in a Node process of its own and gives the JSON it prints.
 *
 * @throws Error when it fails or takes longer than the limit; its own message is on stderr.
 */
export async function runScript(file: string, options: ScriptOptions): Promise<unknown> {
  const child = spawn(process.execPath, [file, ...options.args], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: options.limit * 1000,
    killSignal: "SIGKILL",
  });
  // A child that ends before it has read its input says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  const result: unknown = await json(child.stdout).catch(() => undefined);
  const code = await ended;
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return result;
}
