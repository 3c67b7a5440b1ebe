/** What the tests of the plain route share. */
import { encodeUtf8 } from "../json/utf8.ts";
import type { TensorSpec } from "../signature.ts";
import { toTypedArray } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { decodePredict, type DecodedPredict } from "./index.ts";

export const LIMITS = { maxDepth: 16, maxElements: 10_000 };

/** One input: a batch of rows of two numbers. */
export const MATRIX = toModel([{ name: "x", datatype: "FP32", shape: ["N", 2] }]);
/** A table: one number, one text and one vector a row. */
export const TABLE = toModel([
  { name: "age", datatype: "INT64", shape: ["N", 1] },
  { name: "city", datatype: "BYTES", shape: ["N", 1] },
  { name: "v", datatype: "FP32", shape: ["N", 2] },
]);
/** One number a row, and nothing that tells a row from a batch. */
export const COLUMN = toModel([{ name: "age", datatype: "FP32", shape: ["N", 1] }]);
/** No batch axis at all. */
export const FIXED = toModel([{ name: "x", datatype: "FP32", shape: [1, 2] }]);
export const VECTOR = toModel([{ name: "x", datatype: "FP32", shape: ["N"] }]);

export function toModel(inputs: TensorSpec[]): ModelContract {
  const outputs: TensorSpec[] = [
    { name: "label", datatype: "INT64", shape: ["N"] },
    { name: "score", datatype: "FP32", shape: ["N", 1] },
    { name: "p", datatype: "FP32", shape: ["N", 2], labels: ["no", 'y"es'] },
    { name: "table", datatype: "FP32", shape: ["N", 2, 2] },
    { name: "bias", datatype: "FP32", shape: [] },
  ];
  return { name: "m", signature: { inputs, outputs } };
}

export function decode(model: ModelContract, inputs: unknown, rest: object = {}): DecodedPredict {
  return decodePredict(encodeUtf8(JSON.stringify({ inputs, ...rest })), model, LIMITS);
}

/** Shape and elements of every input. */
export function content({
  request,
}: DecodedPredict): Record<string, [readonly number[], unknown[]]> {
  return Object.fromEntries(
    [...request.inputs].map(([name, { datatype, shape, data }]) => [
      name,
      [shape, datatype === "BYTES" ? [...(data as string[])] : [...toTypedArray(datatype, data)]],
    ]),
  );
}
