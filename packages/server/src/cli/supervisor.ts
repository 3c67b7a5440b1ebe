/**
 * The parent of the serving process: starts it again when native code takes it down.
 *
 * It does nothing else and loads nothing else, so that nothing can take *it* down.
 */
import { fork, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Quarantined } from "../registry/quarantine.ts";
import { Crashes } from "./crashes.ts";

/** Where a serving process listens. */
export interface ServingPorts {
  readonly port: number;
  readonly grpcPort: number | "off";
  readonly tfservingPort: number | "off";
  readonly tfservingGrpcPort: number | "off";
}

/** What the serving process tells the supervisor. */
export type ServingMessage =
  | { readonly ready: ServingPorts }
  /** A model that was quarantined is wanted again. */
  | { readonly lifted: Quarantined };

/** What a serving process needs to know of those before it. */
export interface Resumed extends Partial<ServingPorts> {
  /** Where its workers record their runs. */
  readonly recordFd?: number;
  /** Models whose runs took down the processes before it. */
  readonly quarantined?: readonly Quarantined[];
}

/** The number that the record of runs has in the serving process: the next one after IPC. */
const CHILD_RECORD_FD = 4;
/** Waits before a restart double from the first to the last. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 10_000;
/** A process that served for so long has recovered: the next wait is the first again. */
const HEALTHY_MS = 60_000;
/**
 * V8 lets the space of new objects grow to several times this in each thread. Its own limit is 16:
 * half of it saves about 15 MB under load and costs no time a request, which less than that does.
 */
const SEMI_SPACE_MIB = 8;
/** glibc keeps what threads free in arenas, up to eight a core: two keep about 10 MB less. */
const MALLOC_ARENA_MAX = "2";

/**
 * Runs a module as the serving process until it ends by itself or is told to.
 *
 * Signals to stop are passed on; the serving process decides what they mean. It runs in a process
 * group of its own, so that Ctrl-C in a terminal reaches it once, from here.
 *
 * @param argumentsOf arguments of the process, given what it must go on with after a restart: the
 *   ports first of all.
 * @returns the exit code of this command.
 */
export async function supervise(
  module: URL,
  argumentsOf: (resumed: Resumed) => string[],
): Promise<number> {
  let ports: ServingPorts | undefined;
  const stopping = new AbortController();
  const { signal: stopSignal } = stopping;
  let child: ChildProcess;
  let wait = FIRST_WAIT_MS;
  const crashes = new Crashes();

  const forward = (signal: NodeJS.Signals): void => {
    stopping.abort();
    child.kill(signal);
  };
  process.on("SIGTERM", forward);
  process.on("SIGINT", forward);
  // What cannot be told, as on a full disk, ends nobody.
  process.stderr.on("error", () => undefined);

  for (;;) {
    const started = performance.now();
    const { recordFd, quarantined } = crashes;
    const recorded = recordFd === undefined ? {} : { recordFd: CHILD_RECORD_FD, quarantined };
    child = fork(module, argumentsOf({ ...ports, ...recorded }), {
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc", ...(recordFd === undefined ? [] : [recordFd])],
      execArgv: [`--max-semi-space-size=${SEMI_SPACE_MIB}`, ...process.execArgv],
      env: { MALLOC_ARENA_MAX, ...process.env },
    });
    child.on("message", (message: ServingMessage) => {
      if ("ready" in message) ports = message.ready;
      else crashes.lift(message.lifted);
    });
    const { code, signal } = await ended(child);
    const harmful = crashes.note({ code, signal });
    if (stopSignal.aborted || code === 0) return code ?? 1;
    // It never served: what is wrong then is in the command line, and it has said so.
    if (ports === undefined && code !== null) return code;
    if (performance.now() - started > HEALTHY_MS) wait = FIRST_WAIT_MS;
    const how = signal ?? `exit code ${code}`;
    console.error(`longshore: the serving process ended (${how}); restarting it in ${wait} ms`);
    if (harmful !== undefined)
      console.error(
        `longshore: model "${harmful.name}", version ${harmful.version}, is not served any more: ${harmful.reason}`,
      );
    await sleep(wait, undefined, { signal: stopSignal }).catch(() => undefined);
    if (stopSignal.aborted) return 0;
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
