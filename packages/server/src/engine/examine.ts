import { fail, type Datatype, type Signature } from "@longshore/core";
import type { SessionSettings, SignatureOverride } from "@longshore/core/manifest";
import { findBatchAxis } from "@longshore/onnx/serving";
import { isCodeFile, type CodeLimits } from "./code/codeFile.ts";
import type { TriedModel } from "./madeRows.ts";
import type { RunRequest } from "./messages.ts";
import { proveBatching } from "./proveBatching.ts";
import { hashModelFile } from "./modelHash.ts";
import { runMessage, type OpenSession } from "./runMessage.ts";
import { findRunnableRows, timeRuns } from "./tryRows.ts";
import { differenceOf } from "./sameSignature.ts";
import { readServable } from "./readServable.ts";
import { openSession } from "./session.ts";

/** What a model file turned out to be, found by reading it, loading it and running it. */
export interface Examination {
  readonly signature: Signature;
  /** What had to change in the graph so that all its inputs and outputs are tensors. */
  readonly changes: readonly string[];
  readonly exchange: ReadonlyMap<string, Datatype>;
  /** Whether rows of different callers may share a run, and how that is known. */
  readonly batch: { readonly batchable: boolean; readonly reason: string };
  /** Median milliseconds of a run with one row on one thread; undefined if made-up inputs do not run. */
  readonly runMs: number | undefined;
  /** Bytes of the model file and of its external data. */
  readonly bytes: number;
}

/** What a bundle says of the model in a file. */
export interface AboutModel {
  /** Other names and shapes of its inputs and outputs. */
  readonly signature?: SignatureOverride | undefined;
  /** How ONNX Runtime is to run it: what is timed and proven is what will be served. */
  readonly session?: SessionSettings | undefined;
  /** Limits of a code model. */
  readonly code?: CodeLimits | undefined;
  /** Runs that it is going to be warmed up with: what matters is that the process outlives them. */
  readonly warmup?: readonly Omit<RunRequest, "session">[] | undefined;
  /** What it is a variant of: that very model, with the same inputs and outputs. */
  readonly original?: Original | undefined;
}

/** The model that a variant was made from. */
export interface Original {
  readonly path: string;
  /** What it must be, as {@link hashModelFile} has it. */
  readonly sha256: string;
}

/**
 * Reads, checks, loads and tries a model. May crash or hang natively on a hostile file: a server
 * calls it in a trial process.
 *
 * A symbolic first axis does not yet mean that rows are independent (it may be time, or the graph
 * may normalise over it). So batching is proven: rows run one by one must give what they give
 * together.
 *
 * @throws LongshoreError MODEL_INVALID, CODE_FAILED, or ONNX Runtime's own error.
 */
export async function examine(path: string, about: AboutModel = {}): Promise<Examination> {
  if (isCodeFile(path)) {
    const { examineCode } = await import("./code/examineCode.ts");
    return examineCode(path, about);
  }
  const override = about.signature;
  const { servable, bytes } = await readServable(path, override);
  const { signature, changes, exchange } = servable;
  if (about.original !== undefined) await checkOriginal(path, signature, about.original, override);
  const edited = changes.length > 0;
  const session = await openSession({
    path,
    intraOpThreads: 1,
    session: about.session,
    edited,
    override,
  });
  try {
    const open: OpenSession = { session, signature, exchange };
    const model: TriedModel = {
      signature,
      run: (request) => runMessage(open, { ...request, session: 0 }),
    };
    for (const request of about.warmup ?? []) await model.run(request);
    const declared = findBatchAxis(signature);
    const made = await findRunnableRows(model, declared.batchable);
    const batch =
      declared.batchable && "error" in made
        ? {
            batchable: false,
            reason: `not proven, a run with made-up inputs failed: ${made.error}`,
          }
        : declared.batchable && "rows" in made
          ? await proveBatching(model, made.rows)
          : declared;
    return {
      signature,
      changes,
      exchange,
      batch,
      runMs: "rows" in made ? await timeRuns(model, made.rows[0]!) : undefined,
      bytes,
    };
  } finally {
    await session.release();
  }
}

async function checkOriginal(
  path: string,
  signature: Signature,
  original: Original,
  override: SignatureOverride | undefined,
): Promise<void> {
  const { servable } = await readServable(original.path, override);
  const difference = differenceOf(servable.signature, signature);
  const problem =
    difference ??
    ((await hashModelFile(original.path)) === original.sha256
      ? undefined
      : "was made from another model than the one that is here now; optimize it again");
  if (problem !== undefined) throw fail("MODEL_INVALID", { file: path, problem });
}
