import type { Signature, TensorSpec } from "@longshore/core";
import { UNKNOWN_RANK } from "./signature.ts";

/** Whether requests can be stacked into one, and why. */
export interface BatchJudgement {
  readonly batchable: boolean;
  /** Why, in words for people. */
  readonly reason: string;
}

/**
 * Judges from a signature alone whether requests can be stacked along the first axis: every input
 * and output must have a symbolic first axis, and it must be the same one.
 *
 * It cannot see what the graph does with that axis: a model that mixes its rows passes too.
 */
export function findBatchAxis({ inputs, outputs }: Signature): BatchJudgement {
  if (inputs.length === 0) return no("the model has no inputs");
  const values = [
    ...inputs.map((spec) => ({ spec, name: `input "${spec.name}"` })),
    ...outputs.map((spec) => ({ spec, name: `output "${spec.name}"` })),
  ];
  let batch: { symbol: string; name: string } | undefined;
  for (const { spec, name } of values) {
    const first = spec.shape[0];
    if (first === undefined) return no(`${name} is a scalar`);
    if (first === UNKNOWN_RANK) return no(`the rank of ${name} is not known`);
    if (typeof first === "number") return no(`the first axis of ${name} is fixed at ${first}`);
    if (first === "?") continue;
    batch ??= { symbol: first, name };
    if (first !== batch.symbol) {
      return no(`the first axis of ${name} is ${first}, that of ${batch.name} is ${batch.symbol}`);
    }
  }
  const again = batch && values.find(({ spec }) => hasLater(spec, batch.symbol));
  if (again) return no(`${again.name} has ${batch?.symbol} on a further axis too`);
  return {
    batchable: true,
    reason: `the first axis of every input and output is ${batch?.symbol ?? "symbolic"}`,
  };
}

function hasLater(spec: TensorSpec, symbol: string): boolean {
  return spec.shape.indexOf(symbol, 1) > 0;
}

function no(reason: string): BatchJudgement {
  return { batchable: false, reason };
}
