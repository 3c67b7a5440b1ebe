/**
 * Triton's classification extension: instead of an output's values, the highest of them as text.
 *
 * Free of any transport: HTTP and gRPC read the parameter their own way.
 *
 * Source: triton-inference-server/server `docs/protocol/extension_classification.md`,
 * `src/classification.cc` for what the text says.
 */
import { fail } from "../errors.ts";
import { toElements } from "../json/writer.ts";
import type { Signature } from "../signature.ts";
import { elementCount, type Tensor, type Tensors } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { formatFixed } from "./formatFixed.ts";

/** How many classes are wanted of each output that is wanted so, by name. */
export type WantedClasses = ReadonlyMap<string, number>;

/**
 * Checks that an output has values that can be ranked.
 *
 * @param where the place as messages show it, such as `" in outputs[0]"`.
 * @throws LongshoreError PARAMETER_INVALID
 */
export function checkClassification(model: ModelContract, output: string, where: string): void {
  const spec = model.signature.outputs.find(({ name }) => name === output);
  // An output that does not exist has an error of its own.
  if (spec === undefined || (spec.datatype !== "BYTES" && spec.datatype !== "BOOL")) return;
  throw fail("PARAMETER_INVALID", {
    parameter: "classification",
    where,
    expected: "an output of numbers",
    got: `"${output}" of ${spec.datatype}`,
  });
}

/**
 * Replaces outputs by their highest classes: a step between the model's answer and its encoding.
 *
 * @param batchable whether the first axis of outputs is one of rows: then each row is ranked by
 *   itself, else the whole output.
 */
export function classifyOutputs(
  outputs: Tensors,
  wanted: WantedClasses,
  { signature, batchable }: { readonly signature: Signature; readonly batchable: boolean },
): Tensors {
  const classified = new Map(outputs);
  for (const [name, count] of wanted) {
    const tensor = outputs.get(name);
    if (tensor === undefined) continue;
    const labels = signature.outputs.find((spec) => spec.name === name)?.labels;
    classified.set(name, classify(tensor, count, batchable, labels));
  }
  return classified;
}

/**
 * The highest values of a tensor as BYTES, highest first, each as `value:index` or
 * `value:index:label`. Of equal values, the one that comes first is first; NaN comes last.
 * Floating-point values have six decimals.
 *
 * @param count how many of each row; all there are where that is less.
 * @param rows whether the first axis is one of rows; else all elements are one row.
 * @param labels names of a row's elements; those beyond have none.
 * @returns BYTES[rows, count], or BYTES[count].
 */
export function classify(
  tensor: Tensor,
  count: number,
  rows: boolean,
  labels: readonly string[] = [],
): Tensor {
  const isBatch = rows && tensor.shape.length > 0;
  const width = elementCount(isBatch ? tensor.shape.slice(1) : tensor.shape);
  const rowCount = isBatch ? tensor.shape[0]! : 1;
  const most = Math.min(count, width);
  const elements = toElements(tensor);
  const values = elements.values as Values;
  const isFloat = elements.kind === "single" || elements.kind === "double";
  const data: string[] = [];
  for (let row = 0; row < rowCount; row++) {
    const first = row * width;
    for (const position of highest(values, first, first + width, most)) {
      const value = values[position]!;
      const index = position - first;
      const text = isFloat ? formatFixed(value as number) : String(value);
      data.push(index < labels.length ? `${text}:${index}:${labels[index]}` : `${text}:${index}`);
    }
  }
  return { datatype: "BYTES", shape: isBatch ? [rowCount, most] : [most], data };
}

type Values = ArrayLike<number | bigint>;

/** More than so many are found by sorting all. */
const FEW = 16;

/** Positions of the `count` highest values from `start` to before `end`, highest first. */
function highest(values: Values, start: number, end: number, count: number): readonly number[] {
  const compare = (a: number, b: number): number => rank(values[b]!, values[a]!) || a - b;
  if (count > FEW) {
    const all = Array.from({ length: end - start }, (_, index) => start + index);
    return all.sort(compare).slice(0, count);
  }
  const best: number[] = [];
  for (let position = start; position < end; position++) {
    if (best.length === count) {
      if (count === 0 || compare(position, best[count - 1]!) > 0) continue;
      best.pop();
    }
    let place = best.length;
    while (place > 0 && compare(position, best[place - 1]!) < 0) place--;
    best.splice(place, 0, position);
  }
  return best;
}

/** Compares values; NaN is below all others. */
function rank(a: number | bigint, b: number | bigint): number {
  if (a > b) return 1;
  if (a < b) return -1;
  return a === b ? 0 : Number(b !== b) - Number(a !== a);
}
