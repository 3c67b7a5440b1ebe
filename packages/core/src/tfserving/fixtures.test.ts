/** What the tests of this folder share. */
import { encodeUtf8 } from "../json/utf8.ts";
import type { Signature, TensorSpec } from "../signature.ts";
import { toTypedArray, type Tensors } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";

export const LIMITS = { maxDepth: 16, maxElements: 10_000, hold: (): void => undefined };

export function toModel(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[] = [],
): ModelContract & { readonly signature: Signature } {
  return { name: "m", signature: { inputs, outputs } };
}

export const VECTOR = toModel([{ name: "x", datatype: "FP32", shape: ["N"] }]);
export const MATRIX = toModel([{ name: "x", datatype: "FP32", shape: ["N", "W"] }]);
export const TEXT = toModel([{ name: "text", datatype: "BYTES", shape: ["N"] }]);
export const TABLE = toModel([
  { name: "tag", datatype: "BYTES", shape: ["N"] },
  { name: "signal", datatype: "INT32", shape: ["N", 3] },
  { name: "sensor", datatype: "FP64", shape: ["N", 2, 2] },
]);

/** Shape and elements of every tensor. */
export function content(tensors: Tensors): Record<string, [readonly number[], unknown[]]> {
  return Object.fromEntries(
    [...tensors].map(([name, { datatype, shape, data }]) => [
      name,
      [shape, datatype === "BYTES" ? [...(data as string[])] : [...toTypedArray(datatype, data)]],
    ]),
  );
}

/** A body as it would be sent: text, or a value to be written as JSON. */
export function toBody(body: unknown): Uint8Array {
  return encodeUtf8(typeof body === "string" ? body : JSON.stringify(body));
}
