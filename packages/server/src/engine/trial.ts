import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, LongshoreError, type ErrorCode } from "@longshore/core";
import type { AboutModel, Examination } from "./examine.ts";
import { isCodeFile } from "./code/codeFile.ts";
import { IsolatedProcess, ProcessEnded } from "./isolatedProcess.ts";

/** What the trial process is asked and answers. */
export interface TrialRequest {
  readonly path: string;
  readonly about?: AboutModel | undefined;
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
  readonly #process: IsolatedProcess<TrialRequest, TrialReply> = new IsolatedProcess(
    new URL(import.meta.resolve("#trial")),
    IDLE_MS,
  );
  #previous: Promise<unknown> = Promise.resolve();

  /** Starts the process ahead of the first model, as it takes a moment. */
  warmUp(): void {
    this.#process.warmUp();
  }

  /**
   * @throws LongshoreError MODEL_INVALID with what is wrong, how the process died, or that it had
   *   to be killed.
   */
  examine(path: string, about?: AboutModel): Promise<Examination> {
    const result = this.#previous.then(() => this.#examineNow({ path, about }));
    this.#previous = result.catch(() => undefined);
    return result;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  async #examineNow(request: TrialRequest): Promise<Examination> {
    const { path } = request;
    const invalid = (problem: string): LongshoreError =>
      fail("MODEL_INVALID", { file: path, problem });
    const reply = await this.#process
      .ask(request, await trialLimitOf(path))
      .catch((error: unknown) => {
        if (!(error instanceof ProcessEnded)) throw error;
        const runtime = isCodeFile(path) ? "its code" : "ONNX Runtime";
        throw invalid(
          error.tookTooLong
            ? `loading it and running it once ${error.message}`
            : `${runtime} crashed while loading or running it: ${error.message}`,
        );
      });
    if ("examination" in reply) return reply.examination;
    throw reply.code === undefined
      ? invalid(reply.error)
      : new LongshoreError(reply.code, reply.error);
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
