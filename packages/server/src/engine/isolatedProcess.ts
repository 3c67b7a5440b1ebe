import { fork, type ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";

/** What ended a process before it answered. */
export class ProcessEnded extends Error {
  override readonly name: string = "ProcessEnded";
  /** Whether it was killed because it took too long; else it ended by itself. */
  readonly tookTooLong: boolean;

  constructor(how: string, tookTooLong: boolean) {
    super(how);
    this.tookTooLong = tookTooLong;
  }
}

/**
 * A process that answers one request after another.
 *
 * For native code over files that may be broken or hostile: whatever it does there (crash, hang,
 * eat all memory), this process only sees that the request failed. The next request then gets a
 * fresh process.
 */
export class IsolatedProcess<Request extends object, Reply> implements AsyncDisposable {
  readonly #entry: URL;
  readonly #idleMs: number;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * @param entry the module to run: answers each message with one message.
   * @param idleMs how long the process waits for another request; for ever by default.
   */
  constructor(entry: URL, idleMs: number = Number.POSITIVE_INFINITY) {
    this.#entry = entry;
    this.#idleMs = idleMs;
  }

  /** Starts the process ahead of the first request, as it takes a moment. */
  warmUp(): void {
    this.#child ??= this.#start();
  }

  /**
   * Asks the process; not while it has another request.
   *
   * @throws ProcessEnded with how it died, or that it was killed after `limitMs`.
   */
  ask(request: Request, limitMs: number): Promise<Reply> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    child.ref();
    return new Promise<Reply>((resolve, reject) => {
      const limit = setTimeout(() => {
        settle();
        this.#kill(child);
        reject(new ProcessEnded(`took over ${Math.round(limitMs / 1000)} s`, true));
      }, limitMs);
      const onMessage = (reply: Reply): void => {
        settle();
        resolve(reply);
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        settle();
        const hint = signal === "SIGKILL" ? " (perhaps out of memory)" : "";
        reject(new ProcessEnded(`${signal ?? `exit code ${code}`}${hint}`, false));
      };
      const settle = (): void => {
        clearTimeout(limit);
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.unref();
        child.channel?.unref();
        if (this.#idleMs === Number.POSITIVE_INFINITY) return;
        this.#idle = setTimeout(() => this.#kill(child), this.#idleMs);
        this.#idle.unref();
      };
      child.on("message", onMessage);
      child.on("exit", onExit);
      // A process that has just died cannot be sent anything: its exit says so.
      child.send(request, () => undefined);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#child !== undefined) this.#kill(this.#child);
  }

  #kill(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
    child.kill("SIGKILL");
  }

  #start(): ChildProcess {
    const child = fork(this.#entry, {
      // Maps and bigints survive the way.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    // Where memory runs out, the kernel should end this process and not its parent. Linux only.
    if (child.pid !== undefined) {
      writeFile(`/proc/${child.pid}/oom_score_adj`, "1000").catch(() => undefined);
    }
    return child;
  }
}
