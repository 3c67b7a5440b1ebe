/**
 * The parent of the serving process: starts it again when native code takes it down.
 *
 * It does nothing else and loads nothing else, so that nothing can take *it* down.
 */
import { fork, type ChildProcess } from "node:child_process";

/** Where a serving process listens. */
export interface ServingPorts {
  readonly port: number;
  readonly grpcPort: number | "off";
  readonly tfservingPort: number | "off";
}

/** What the serving process tells the supervisor. */
export type ServingMessage = { readonly ready: ServingPorts };

/** Waits before a restart double from the first to the last. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 10_000;
/** A process that served for so long has recovered: the next wait is the first again. */
const HEALTHY_MS = 60_000;

/**
 * Runs a module as the serving process until it ends by itself or is told to.
 *
 * Signals to stop are passed on; the serving process decides what they mean. It runs in a process
 * group of its own, so that Ctrl-C in a terminal reaches it once, from here.
 *
 * @param argumentsOf arguments of the process, given the ports that it must use again after a
 *   restart (undefined at first).
 * @returns the exit code of this command.
 */
export async function supervise(
  module: URL,
  argumentsOf: (ports: ServingPorts | undefined) => string[],
): Promise<number> {
  let ports: ServingPorts | undefined;
  let stopping = false;
  let child: ChildProcess;
  let wait = FIRST_WAIT_MS;

  const forward = (signal: NodeJS.Signals): void => {
    stopping = true;
    child.kill(signal);
  };
  process.on("SIGTERM", forward);
  process.on("SIGINT", forward);

  for (;;) {
    const started = performance.now();
    child = fork(module, argumentsOf(ports), {
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message: ServingMessage) => {
      ports = message.ready;
    });
    const { code, signal } = await ended(child);
    if (stopping || code === 0) return code ?? 1;
    // It never served: what is wrong then is in the command line, and it has said so.
    if (ports === undefined && code !== null) return code;
    if (performance.now() - started > HEALTHY_MS) wait = FIRST_WAIT_MS;
    const how = signal ?? `exit code ${code}`;
    console.error(`longshore: the serving process ended (${how}); restarting it in ${wait} ms`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (stopping) return 1;
    wait = Math.min(wait * 2, LAST_WAIT_MS);
  }
}

function ended(
  child: ChildProcess,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 1, signal: null }));
  });
}
