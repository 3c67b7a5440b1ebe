import {
  fail,
  fromBfloat16,
  fromFloat16,
  toTypedArray,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import type { Samples } from "./samples.ts";

/**
 * Inputs of some rows, for finding ranges and refitting layers; may be gone through several times.
 * Models may take values that are missing, but these ways of counting cannot.
 *
 * @throws LongshoreError DATA_INVALID on the way, with the rows whose values are not all finite.
 */
export function calibrationInputs(
  samples: Samples,
  rows: readonly number[],
  size: number,
): AsyncIterable<Tensors> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { rows: numbers, tensors } of samples.batches(rows, size)) {
        for (const [name, tensor] of tensors) {
          const index = firstNotFinite(tensor);
          if (index < 0) continue;
          const row = numbers[Math.floor((index * numbers.length) / lengthOf(tensor))]! + 1;
          const problem = `row ${row}: input "${name}" has a value that is not finite, which calibration cannot use`;
          throw fail("DATA_INVALID", { file: samples.file, problem });
        }
        yield tensors;
      }
    },
  };
}

/** Index of the first element that is infinite or not a number, or -1. */
function firstNotFinite({ datatype, data }: Tensor): number {
  if (datatype === "FP32" || datatype === "FP64")
    return (toTypedArray(datatype, data) as Float32Array).findIndex(
      (value) => !Number.isFinite(value),
    );
  if (datatype !== "FP16" && datatype !== "BF16") return -1;
  const decode = datatype === "FP16" ? fromFloat16 : fromBfloat16;
  return (toTypedArray(datatype, data) as Uint16Array).findIndex(
    (bits) => !Number.isFinite(decode(bits)),
  );
}

function lengthOf({ datatype, data }: Tensor): number {
  return toTypedArray(datatype, data).length;
}
