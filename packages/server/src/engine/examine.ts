import { performance } from "node:perf_hooks";
import { fail, type Datatype, type Signature, type TensorSpec } from "@longshore/core";
import type { SignatureOverride } from "@longshore/core/manifest";
import { findBatchAxis } from "@longshore/onnx";
import { makeRow, runRows, type MadeRow } from "./madeRows.ts";
import { proveBatching } from "./proveBatching.ts";
import { hashModelFile } from "./modelHash.ts";
import { messageOf, type OpenSession } from "./runMessage.ts";
import { differenceOf } from "./sameSignature.ts";
import { openSession, readServable } from "./session.ts";

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
  /** What it is a variant of: that very model, with the same inputs and outputs. */
  readonly original?: Original | undefined;
}

/** The model that a variant was made from. */
export interface Original {
  readonly path: string;
  /** What it must be, as {@link hashModelFile} has it. */
  readonly sha256: string;
}

/** Lengths tried for symbolic axes other than the batch axis, until a run succeeds. */
const AXIS_LENGTHS = [8, 1, 64, 224];
const PROOF_ROWS = 3;
const TIMED_RUNS = 15;
const TIMING_BUDGET_MS = 300;

/**
 * Reads, checks, loads and tries a model. May crash or hang natively on a hostile file: a server
 * calls it in a trial process.
 *
 * A symbolic first axis does not yet mean that rows are independent (it may be time, or the graph
 * may normalise over it). So batching is proven: rows run one by one must give what they give
 * together.
 *
 * @throws LongshoreError MODEL_INVALID, or ONNX Runtime's own error.
 */
export async function examine(path: string, about: AboutModel = {}): Promise<Examination> {
  const override = about.signature;
  const { servable, bytes } = await readServable(path, override);
  const { signature, changes, exchange } = servable;
  if (about.original !== undefined) await checkOriginal(path, signature, about.original, override);
  const edited = changes.length > 0;
  const session = await openSession({ path, intraOpThreads: 1, edited, override });
  try {
    const open: OpenSession = { session, signature, exchange };
    const declared = findBatchAxis(signature);
    const made = await findRunnableInputs(open, declared.batchable);
    const batch =
      declared.batchable && "error" in made
        ? {
            batchable: false,
            reason: `not proven, a run with made-up inputs failed: ${made.error}`,
          }
        : declared.batchable && "rows" in made
          ? await proveBatching(open, made.rows)
          : declared;
    return {
      signature,
      changes,
      exchange,
      batch,
      runMs: "rows" in made ? await timeRuns(open, made.rows[0]!) : undefined,
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

async function findRunnableInputs(
  open: OpenSession,
  batchable: boolean,
): Promise<{ rows: MadeRow[] } | { error: string }> {
  let error = "";
  for (const length of AXIS_LENGTHS) {
    const rows = Array.from({ length: PROOF_ROWS }, (_, row) =>
      makeRow(open.signature, batchable, length, row),
    );
    try {
      await runRows(open, rows.slice(0, 1));
      return { rows };
    } catch (caught) {
      error = messageOf(caught);
    }
    const symbolic = (spec: TensorSpec): boolean =>
      spec.shape.slice(batchable ? 1 : 0).some((dimension) => typeof dimension === "string");
    if (!open.signature.inputs.some(symbolic)) break;
  }
  return { error };
}

async function timeRuns(open: OpenSession, row: MadeRow): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + TIMING_BUDGET_MS;
  do {
    const started = performance.now();
    await runRows(open, [row]);
    times.push(performance.now() - started);
  } while (times.length < TIMED_RUNS && performance.now() < end);
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}
