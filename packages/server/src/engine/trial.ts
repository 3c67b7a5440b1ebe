import { fork, type ChildProcess } from "node:child_process";
import { readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, LongshoreError, type ErrorCode } from "@longshore/core";
import type { Examination } from "./examine.ts";

/** What the trial process is asked and answers. */
export interface TrialRequest {
  readonly path: string;
}
export type TrialReply =
  | { readonly examination: Examination }
  | { readonly error: string; readonly code: ErrorCode | undefined };

/** A model that has not been read, loaded and tried by then is given up: so long, and by its size. */
const TRIAL_LIMIT_MS = 30_000;
const TRIAL_LIMIT_MS_PER_MIB = 100;
/** The process stays a moment for the next model: starting it costs more than many trials. */
const IDLE_MS = 500;

/**
 * Examines model files in a process of its own, one after another.
 *
 * Loading a model runs native code over a file that may be broken or hostile. Whatever it does
 * there (crash, hang, eat all memory), this process only sees that the trial ended.
 */
export class Trials implements AsyncDisposable {
  #child: ChildProcess | undefined;
  #previous: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  /** Starts the process ahead of the first model, as it takes a moment. */
  warmUp(): void {
    this.#child ??= this.#start();
  }

  /**
   * @throws LongshoreError MODEL_INVALID with what is wrong, how the process died, or that it had
   *   to be killed.
   */
  examine(path: string): Promise<Examination> {
    const result = this.#previous.then(async () =>
      this.#examineNow(path, await trialLimitOf(path)),
    );
    this.#previous = result.catch(() => undefined);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
  }

  #examineNow(path: string, limitMs: number): Promise<Examination> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    child.ref();
    return new Promise<Examination>((resolve, reject) => {
      const invalid = (problem: string): void =>
        reject(fail("MODEL_INVALID", { file: path, problem }));
      const limit = setTimeout(() => {
        settle();
        child.kill("SIGKILL");
        this.#child = undefined;
        invalid(`loading it and running it once took over ${Math.round(limitMs / 1000)} s`);
      }, limitMs);
      const onMessage = (reply: TrialReply): void => {
        settle();
        if ("examination" in reply) resolve(reply.examination);
        else if (reply.code === undefined) invalid(reply.error);
        else reject(new LongshoreError(reply.code, reply.error));
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        settle();
        const how = signal === null ? `exit code ${code}` : signal;
        const hint = signal === "SIGKILL" ? " (perhaps out of memory)" : "";
        invalid(`ONNX Runtime crashed while loading or running it: ${how}${hint}`);
      };
      const settle = (): void => {
        clearTimeout(limit);
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.unref();
        child.channel?.unref();
        this.#idle = setTimeout(() => {
          if (this.#child === child) this.#child = undefined;
          child.kill("SIGKILL");
        }, IDLE_MS);
        this.#idle.unref();
      };
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send({ path } satisfies TrialRequest);
    });
  }

  #start(): ChildProcess {
    const child = fork(new URL(import.meta.resolve("#trial")), {
      // Maps and bigints survive the way.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    // Where memory runs out, the kernel should end the trial and not the server. Linux only.
    if (child.pid !== undefined) {
      writeFile(`/proc/${child.pid}/oom_score_adj`, "1000").catch(() => undefined);
    }
    return child;
  }
}

/** Milliseconds for a model, by the size of its folder: external data may lie in any file there. */
async function trialLimitOf(path: string): Promise<number> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return TRIAL_LIMIT_MS + (bytes / 2 ** 20) * TRIAL_LIMIT_MS_PER_MIB;
}
