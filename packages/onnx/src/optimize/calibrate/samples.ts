import {
  checkInputs,
  fail,
  fromBfloat16,
  fromFloat16,
  LongshoreError,
  toTypedArray,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import type { Model } from "../../proto/types.ts";
import { readSignature } from "../../signature.ts";

/** A sample that a model takes. */
export interface Sample {
  /** Counted from 1. */
  readonly number: number;
  readonly tensors: Tensors;
}

/** Samples that can be gone through more than once; each is checked on the way. */
export type CheckedSamples = () => AsyncIterable<Sample>;

/** @throws LongshoreError DATA_INVALID on the way; MODEL_INVALID for a model that takes no tensors. */
export function checkedSamples(model: Model, samples: AsyncIterable<Tensors>): CheckedSamples {
  const contract = { name: "model", signature: readSignature(model) };
  return async function* () {
    let number = 0;
    for await (const tensors of samples) {
      number += 1;
      try {
        checkInputs(contract, tensors);
      } catch (error) {
        throw invalid(number, error);
      }
      for (const [name, tensor] of tensors) {
        const index = firstNotFinite(tensor);
        if (index >= 0)
          throw invalid(number, `input "${name}": element ${index} is not a finite number`);
      }
      yield { number, tensors };
    }
    if (number === 0)
      throw fail("DATA_INVALID", { file: "samples", problem: "calibration needs at least one" });
  };
}

/** An error that says which sample is to blame. */
export function invalid(sample: number, problem: unknown): LongshoreError {
  const text = problem instanceof Error ? problem.message : String(problem);
  return fail("DATA_INVALID", { file: `sample ${sample}`, problem: text });
}

/** Index of the first element that is infinite or not a number, or -1. */
function firstNotFinite({ datatype, data }: Tensor): number {
  switch (datatype) {
    case "FP32":
    case "FP64":
      return findIndex(toTypedArray(datatype, data) as Float32Array | Float64Array);
    case "FP16":
      return findIndex(Float32Array.from(toTypedArray(datatype, data) as Uint16Array, fromFloat16));
    case "BF16":
      return findIndex(
        Float32Array.from(toTypedArray(datatype, data) as Uint16Array, fromBfloat16),
      );
    default:
      return -1;
  }
}

function findIndex(values: Float32Array | Float64Array): number {
  return values.findIndex((value) => !Number.isFinite(value));
}
