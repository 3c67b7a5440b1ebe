import type { Signature } from "@longshore/core";
import { messageOf } from "../messageOf.ts";
import type { PartResult, Run, RunReply, RunRequest, RunResult } from "../messages.ts";
import { RestartableWorker } from "../restartableWorker.ts";
import type { CodeLimits } from "./codeFile.ts";
import type { CodeReply, CodeRequest } from "./messages.ts";
import { runsOfParts } from "./sliceRun.ts";

/** To import the module and load its state. */
const LOAD_LIMIT_MS = 20_000;

/**
 * A code model in a worker thread of its own, seen from another thread: what a session of ONNX
 * Runtime is to a graph.
 */
export class CodeSession implements AsyncDisposable {
  readonly signature: Signature;
  readonly #worker: RestartableWorker<CodeRequest, CodeReply>;
  readonly #maxRunMs: number;

  private constructor(
    signature: Signature,
    worker: RestartableWorker<CodeRequest, CodeReply>,
    maxRunMs: number,
  ) {
    this.signature = signature;
    this.#worker = worker;
    this.#maxRunMs = maxRunMs;
  }

  /**
   * @param path absolute path of the module.
   * @param name of the model, for what its code prints.
   * @throws LongshoreError CODE_FAILED, WorkerStopped
   */
  static async open(path: string, name: string, limits: CodeLimits): Promise<CodeSession> {
    const worker = new RestartableWorker<CodeRequest, CodeReply>({
      entry: new URL(import.meta.resolve("#codeWorker")),
      name,
      opening: { request: { type: "open", path }, limitMs: LOAD_LIMIT_MS },
      maxMemoryMib: limits.maxMemoryMib,
    });
    const reply = await worker.open();
    if (reply.type !== "opened") throw new Error(`unexpected reply ${reply.type}`);
    return new CodeSession(reply.signature, worker, limits.maxRunMs);
  }

  /** Why it cannot compute anything for now; see {@link RestartableWorker.unready}. */
  get unready(): string | undefined {
    return this.#worker.unready;
  }

  /**
   * Runs everything a message asks for, as `runMessage` does for a graph: a batch that fails is run
   * again caller by caller. A run that takes the thread with it fails like one that throws.
   *
   * Never rejects: the failure is the callers' result.
   */
  async run({ runs, arena, outputs }: Omit<RunRequest, "session">): Promise<RunReply> {
    const timing = { input: 0, infer: 0, output: 0 };
    /** One call of `predict`. The arena is copied, as it may be needed again. */
    const attempt = async ({ inputs }: Run): Promise<PartResult> => {
      try {
        const request: CodeRequest = { type: "predict", inputs, arena, outputs };
        const reply = await this.#worker.ask(request, [], { limitMs: this.#maxRunMs });
        if (reply.type !== "predicted") throw new Error(`unexpected reply ${reply.type}`);
        timing.input += reply.timing.input;
        timing.infer += reply.timing.infer;
        timing.output += reply.timing.output;
        return { outputs: reply.outputs };
      } catch (error) {
        return { error: messageOf(error) };
      }
    };
    const results: RunResult[] = [];
    for (const run of runs) results.push(await runOne(run, attempt));
    return { type: "ran", results, timing };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#worker[Symbol.asyncDispose]();
  }
}

async function runOne(run: Run, attempt: (run: Run) => Promise<PartResult>): Promise<RunResult> {
  const whole = await attempt(run);
  const { parts } = run;
  if (parts === undefined || parts.length === 1) return { parts: [whole] };
  const rows = parts.reduce((sum, part) => sum + part, 0);
  if (whole.error === undefined && whole.outputs.every(({ dims }) => dims[0] === rows))
    return { whole: whole.outputs };
  const results: PartResult[] = [];
  for (const part of runsOfParts(run)) results.push(await attempt(part));
  return { parts: results };
}
