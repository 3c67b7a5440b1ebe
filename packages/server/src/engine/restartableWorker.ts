import { MessageChannel, Worker, type MessagePort, type Transferable } from "node:worker_threads";
import { LongshoreError } from "@longshore/core";
import type { Answer, Told } from "./answerRequests.ts";
import { messageOf } from "./messageOf.ts";
import { watchMemory, type MemoryWatch } from "./workerMemory.ts";

export interface RestartableWorkerOptions<Request> {
  /** The module to run: it calls `answerRequests`. Must not load ONNX Runtime. */
  readonly entry: URL;
  /** What it works for, such as the name of a model: stands before the lines that it prints. */
  readonly name: string;
  /** Asked of each fresh thread before anything else. Must be a copy that can be sent again. */
  readonly opening: { readonly request: Request; readonly limitMs: number };
  /** MiB of its heap and its typed arrays together; when it takes more, it is ended. */
  readonly maxMemoryMib: number;
}

/** The thread ended before it answered; the message says why. */
export class WorkerStopped extends Error {
  override readonly name = "WorkerStopped";
  /** Which limit it went over; `unready` while it waits to be started again, `ended` for any other end. */
  readonly limit: "time" | "memory" | "ended" | "unready";

  constructor(limit: WorkerStopped["limit"], message: string) {
    super(message);
    this.limit = limit;
  }
}

interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly memory: MemoryWatch;
  pending: { resolve(reply: never): void; reject(error: Error): void } | undefined;
  /** Why it ended, as soon as that is known. */
  stopped: WorkerStopped | undefined;
}

/** Waits before a restart double from the first to the last, unless it answered something meanwhile. */
const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 30_000;
/** Ended so often without an answer in between, it is taken for broken until it could be restarted. */
const BROKEN_AFTER = 5;
/** A native call that nothing can interrupt may keep an ended thread alive: it is left behind. */
const LEFT_BEHIND_MS = 2_000;
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";
/** V8 keeps so much for what was just made, out of the limit. */
const YOUNG_MIB = 16;

/**
 * A worker thread for code that nobody vouches for: it answers one request after another, and it is
 * terminated and started again when it takes too long or too much memory, and started again when it
 * ends by itself. Whatever it does, the caller sees that one request failed.
 *
 * It gets no environment and no arguments. It is no sandbox: its code may do what the process may.
 * Never for code with ONNX Runtime in it, as to terminate a thread in a native run aborts the process.
 */
export class RestartableWorker<Request, Reply> implements AsyncDisposable {
  readonly #options: RestartableWorkerOptions<Request>;
  #running: Promise<Running> | undefined;
  #previous: Promise<unknown> = Promise.resolve();
  #live: Running | undefined;
  #restart: NodeJS.Timeout | undefined;
  #endWait: (() => void) | undefined;
  /** Ends in a row, without an answer in between. */
  #ends = 0;
  #unready: string | undefined;
  #closed = false;

  constructor(options: RestartableWorkerOptions<Request>) {
    this.#options = options;
  }

  /** Why requests are refused for now, after it ended several times in a row; else undefined. */
  get unready(): string | undefined {
    return this.#unready;
  }

  /**
   * Starts it the first time; called once.
   *
   * @returns what was answered to the opening.
   * @throws WorkerStopped, or what the opening threw; it is closed then.
   */
  async open(): Promise<Reply> {
    const started = this.#start();
    this.#running = started.then(({ running }) => running);
    this.#running.catch(() => undefined);
    try {
      return (await started).reply;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Asks it, after what was asked before.
   *
   * @param transfers buffers of the request that are handed over.
   * @param limitMs counted from when the thread gets the request.
   * @throws WorkerStopped if it ended, by itself or because of a limit; what the thread threw.
   */
  ask(
    request: Request,
    transfers: readonly Transferable[],
    { limitMs }: { readonly limitMs: number },
  ): Promise<Reply> {
    const turn = this.#previous.then(async () => {
      if (this.#unready !== undefined) throw new WorkerStopped("unready", this.#unready);
      if (this.#running === undefined) throw new WorkerStopped("ended", "it is not open");
      // Somebody waits for the restart now: a program must not end before it.
      this.#restart?.ref();
      const running = await this.#running;
      try {
        return await this.#exchange(running, request, transfers, limitMs);
      } finally {
        // An error that the thread told is an answer, too.
        if (running.stopped === undefined) this.#ends = 0;
      }
    });
    this.#previous = turn.catch(() => undefined);
    return turn;
  }

  /** Ends it at once: what was asked fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#endWait?.();
    const running = this.#live;
    this.#running = undefined;
    if (running !== undefined) await this.#stop(running, new WorkerStopped("ended", "closed"));
  }

  async #start(): Promise<{ running: Running; reply: Reply }> {
    const { request, limitMs } = this.#options.opening;
    const running = this.#spawn();
    try {
      return { running, reply: await this.#exchange(running, request, [], limitMs) };
    } catch (error) {
      // A thread that could not be opened is of no use; its end leads to the next attempt.
      await this.#stop(running, new WorkerStopped("ended", messageOf(error)));
      throw error;
    }
  }

  #spawn(): Running {
    const { entry, name, maxMemoryMib } = this.#options;
    const worker = new Worker(entry, {
      name,
      argv: [],
      env: {},
      execArgv: conditions(),
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMib, maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const { port1: port, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    worker.unref();
    const tooMuch = (): WorkerStopped =>
      new WorkerStopped("memory", `its code took over ${maxMemoryMib} MiB of memory and was ended`);
    const memory = watchMemory(worker, maxMemoryMib * 2 ** 20, () => {
      void this.#stop(running, tooMuch());
    });
    const running: Running = { worker, port, memory, pending: undefined, stopped: undefined };
    this.#live = running;
    port.on("message", (told: Told<Reply>) => {
      if ("printed" in told) process.stderr.write(`[${name}] ${told.printed}\n`);
      else settle(running, told);
    });
    port.on("messageerror", ({ message }: Error) =>
      settle(running, { error: message, code: undefined }),
    );
    port.unref();
    // Whatever was thrown there arrives here, not only an Error.
    worker.on("error", (error: unknown) => {
      const full = error instanceof Error && "code" in error && error.code === OUT_OF_MEMORY;
      const message = `its code ended with an error: ${messageOf(error)}`;
      running.stopped ??= full ? tooMuch() : new WorkerStopped("ended", message);
    });
    worker.on("exit", (code) => {
      const message = `its code ended the thread (exit code ${code})`;
      running.stopped ??= new WorkerStopped("ended", message);
      this.#ended(running, running.stopped);
    });
    return running;
  }

  #exchange(
    running: Running,
    request: Request,
    transfers: readonly Transferable[],
    limitMs: number,
  ): Promise<Reply> {
    if (running.stopped !== undefined) return Promise.reject(running.stopped);
    const limit = setTimeout(() => {
      const message = `its code took over ${Math.round(limitMs).toLocaleString("en")} ms and was ended`;
      void this.#stop(running, new WorkerStopped("time", message));
    }, limitMs);
    running.port.ref();
    running.memory.busy();
    return new Promise<Reply>((resolve, reject) => {
      running.pending = { resolve, reject };
      running.port.postMessage(request, [...transfers]);
    }).finally(() => {
      clearTimeout(limit);
      running.memory.idle();
      running.port.unref();
    });
  }

  /** Terminates the thread, and goes on without it if that does not work. */
  async #stop(running: Running, reason: WorkerStopped): Promise<void> {
    running.stopped ??= reason;
    running.memory.stop();
    const terminated = running.worker.terminate();
    const ended = terminated.then(() => true as const);
    if (!(await Promise.race([ended, sleep(LEFT_BEHIND_MS)]))) {
      leftBehind.add(running.worker);
      void ended.then(() => leftBehind.delete(running.worker));
    }
    this.#ended(running, running.stopped);
  }

  #ended(running: Running, reason: WorkerStopped): void {
    running.memory.stop();
    running.port.close();
    const { pending } = running;
    running.pending = undefined;
    if (this.#live === running) {
      this.#live = undefined;
      this.#startAgain(reason);
    }
    pending?.reject(reason);
  }

  #startAgain({ message }: WorkerStopped): void {
    if (this.#closed) return;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#ends, LAST_WAIT_MS);
    if (++this.#ends >= BROKEN_AFTER) {
      this.#unready = `it ended ${this.#ends} times in a row: ${message}; it is tried again every ${Math.ceil(wait / 1000)} s`;
    }
    this.#running = new Promise<void>((resolve) => {
      this.#endWait = resolve;
      this.#restart = setTimeout(resolve, wait);
      this.#restart.unref();
    }).then(async () => {
      if (this.#closed) throw new WorkerStopped("ended", "closed");
      const { running } = await this.#start();
      this.#unready = undefined;
      return running;
    });
    this.#running.catch(() => undefined);
  }
}

function settle<Reply>(running: Running, answer: Answer<Reply>): void {
  const { pending } = running;
  running.pending = undefined;
  if ("reply" in answer) pending?.resolve(answer.reply as never);
  else
    pending?.reject(
      answer.code === undefined
        ? new Error(answer.error)
        : new LongshoreError(answer.code, answer.error),
    );
}

/** Of Node's own arguments only what packages are resolved by: others are for the program's entry. */
function conditions(): string[] {
  const args = process.execArgv;
  return args.filter(
    (arg, index) =>
      /^(--conditions|-C)\b/.test(arg) || /^(--conditions|-C)$/.test(args[index - 1] ?? ""),
  );
}

const leftBehind = new Set<Worker>();

/** Threads in calls that nothing can interrupt. They keep `process.exit` waiting: it takes a signal. */
export function threadsLeftBehind(): number {
  return leftBehind.size;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
