import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface ServerOptions {
  /** What to start. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Base URL, where it is known before; else the first one the server prints. */
  readonly url?: string;
  /** Path that answers 200 once the server is ready; without one, it is ready when it says where. */
  readonly ready?: string;
}

/** A server under measurement; disposing of it ends it with all its processes. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process to the first ready answer, in milliseconds. */
  readonly startMs: number;
  /** What it has written so far. */
  log(): string;
}

const READY_WITHIN_MS = 120_000;
/** Each look is a request, which a starting server has to answer as well. */
const POLL_MS = 20;

/**
 * Starts a server as its users do and waits until it is ready. What it writes goes to a file, so
 * that its logging costs what logging costs and nobody here has to read along.
 *
 * @throws Error with the end of its log when it ends, or is not ready within two minutes.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "longshore-bench-"));
  const log = join(folder, "log");
  const file = openSync(log, "w");
  const [program, ...args] = options.command;
  const started = performance.now();
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ["ignore", file, file],
    // A process group of its own, so that workers end with their server.
    detached: true,
  });
  closeSync(file);
  running.add(child);
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = `ended with ${signal ?? `code ${code}`}`));

  const dispose = async (): Promise<void> => {
    await stop(child);
    rmSync(folder, { recursive: true });
  };
  while (performance.now() - started < READY_WITHIN_MS && ended === undefined) {
    const url = options.url ?? /http:\/\/[\w.]+:\d+/.exec(readFileSync(log, "utf8"))?.[0];
    const { ready } = options;
    if (url !== undefined && (ready === undefined || (await answers(new URL(ready, url))))) {
      const startMs = performance.now() - started;
      const read = (): string => readFileSync(log, "utf8");
      return { pid: child.pid!, url, startMs, log: read, [Symbol.asyncDispose]: dispose };
    }
    await delay(POLL_MS);
  }
  const output = readFileSync(log, "utf8").slice(-2000);
  await dispose();
  throw new Error(`${options.command.join(" ")}: ${ended ?? "not ready in time"}\n${output}`);
}

/** A port that was free a moment ago, for servers that cannot tell which one they got. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  // Not SIGKILL: a supervisor must get to end the processes it has put into other groups.
  for (const child of running) signalGroup(child, "SIGTERM");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await Promise.race([exit, delay(10_000, undefined, { ref: false })]);
  }
  // Whatever outlived its parent, or would not end.
  signalGroup(child, "SIGKILL");
  running.delete(child);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function answers(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
