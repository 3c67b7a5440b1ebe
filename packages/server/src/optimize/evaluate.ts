import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { Tensors } from "@longshore/core";
import type { RunnableModel } from "@longshore/onnx";
import { messageOf } from "../engine/messageOf.ts";
import type { Metric } from "./metrics.ts";
import type { Samples } from "./samples.ts";
import type { Evaluation } from "./tasks.ts";

/** So many rows show whether going on makes sense. */
const BEGINNING_ROWS = 64;
/** Rows that a message lists: those of a usual batch. */
const MAX_NAMED = 8;

export interface EvaluationOptions {
  readonly samples: Samples;
  readonly rows: readonly number[];
  readonly rowsPerRun: number;
  readonly metric: Metric;
  /** A folder with the original's answers, a file a batch: written for the original, then read. */
  readonly answers: string;
  /** What the original reached; undefined for the original itself. */
  readonly original: Evaluation | undefined;
  /** Loss beyond which the other rows are not worth the time. */
  readonly hopeless: number;
}

/**
 * Computes a metric of a model over samples. One batch is in memory at a time.
 *
 * @throws Error with the rows and ONNX Runtime's message if a run fails.
 */
export async function evaluate(
  model: RunnableModel,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { samples, rows, rowsPerRun, metric, original } = options;
  const measurement = metric.start();
  let beginning: number | undefined;
  let done = 0;
  let batches = 0;
  for await (const batch of samples.batches(rows, rowsPerRun)) {
    const outputs = await model.run(batch.tensors).catch((error: unknown) => {
      throw new Error(`it cannot compute ${nameRows(batch.rows)}: ${messageOf(error)}`);
    });
    const theirs = metric.needsOriginal
      ? await originalAnswers(outputs, join(options.answers, String(batches)), original)
      : undefined;
    measurement.add(outputs, { rows: batch.rows, ...(theirs && { original: theirs }) });
    batches += 1;
    done += batch.rows.length;
    if (beginning !== undefined || done < BEGINNING_ROWS) continue;
    beginning = measurement.value();
    if (original !== undefined) {
      const drop = metric.drop(original.beginning, beginning);
      // Few rows prove little: a share of n of them is uncertain by ½/√n at most, and three of
      // these standard errors are hardly ever exceeded by chance.
      if (!(drop <= options.hopeless + 1.5 / Math.sqrt(done)))
        return { beginning, whole: undefined };
    }
  }
  const whole = measurement.value();
  return { beginning: beginning ?? whole, whole };
}

/** By their numbers from 1, as a user counts them. */
function nameRows(rows: readonly number[]): string {
  const named = rows.slice(0, MAX_NAMED).map((row) => row + 1);
  const more = rows.length > named.length ? ", …" : "";
  return `${rows.length === 1 ? "row" : "rows"} ${named.join(", ")}${more} of the samples`;
}

/** What the original answered to a batch; the original's own answers are kept. */
async function originalAnswers(
  outputs: Tensors,
  file: string,
  original: Evaluation | undefined,
): Promise<Tensors> {
  if (original !== undefined) return deserialize(await readFile(file)) as Tensors;
  await writeFile(file, serialize(outputs));
  return outputs;
}
