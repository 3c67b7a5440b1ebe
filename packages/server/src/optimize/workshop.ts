import { LongshoreError } from "@longshore/core";
import { IsolatedProcess, ProcessEnded } from "../engine/isolatedProcess.ts";
import type { Answers, Job, Reply, Task } from "./tasks.ts";

/** What takes longer hangs: half an hour for the samples of a large set on a slow machine. */
const LIMIT_MS = 30 * 60_000;

/**
 * A process in which models are built, run and timed. When ONNX Runtime dies over a model, that is
 * an error of one task; the next one gets a fresh process.
 */
export class Workshop implements AsyncDisposable {
  readonly #job: Job;
  readonly #signal: AbortSignal;
  readonly #kill = (): void => void this.#process[Symbol.asyncDispose]();
  readonly #process: IsolatedProcess<{ job: Job; task: Task }, Reply> = new IsolatedProcess(
    new URL(import.meta.resolve("#workshop")),
  );

  /** @param signal kills the process, also in the middle of a task. */
  constructor(job: Job, signal: AbortSignal) {
    this.#job = job;
    this.#signal = signal;
    signal.addEventListener("abort", this.#kill);
  }

  /**
   * @throws LongshoreError such as DATA_INVALID; Error with the reason for everything else, also if
   *   the process died.
   */
  async ask<Asked extends Task>(task: Asked): Promise<Answers[Asked["type"]]> {
    this.#signal.throwIfAborted();
    const reply = await this.#process
      .ask({ job: this.#job, task }, LIMIT_MS)
      .catch((error: unknown) => {
        this.#signal.throwIfAborted();
        if (!(error instanceof ProcessEnded)) throw error;
        throw new Error(error.tookTooLong ? `it ${error.message}` : `crashed: ${error.message}`);
      });
    if ("answer" in reply) return reply.answer as Answers[Asked["type"]];
    throw reply.code === undefined
      ? new Error(reply.error)
      : new LongshoreError(reply.code, reply.error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#kill);
    return this.#process[Symbol.asyncDispose]();
  }
}
