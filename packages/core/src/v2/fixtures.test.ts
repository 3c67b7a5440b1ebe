/** What the tests of requests share. */
import { encodeUtf8 } from "../json/utf8.ts";
import { toTypedArray, type Tensor } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { decodeInferRequest, type DecodedInfer } from "./request.ts";

export const LIMITS = { maxDepth: 16, maxElements: 1000 };

export const MODEL: ModelContract = {
  name: "m",
  signature: {
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 2] },
      { name: "n", datatype: "INT64", shape: ["N"] },
    ],
    outputs: [
      { name: "y", datatype: "FP32", shape: ["N"] },
      { name: "z", datatype: "FP32", shape: ["N"] },
    ],
  },
};

export const X = '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,2]}';
export const N = '{"name":"n","shape":[1],"datatype":"INT64","data":[7]}';

export function decode(
  text: string,
  headerLength?: string,
  binary: Uint8Array = new Uint8Array(0),
): DecodedInfer {
  return decodeInferRequest(
    Uint8Array.from([...encodeUtf8(text), ...binary]),
    headerLength,
    MODEL,
    LIMITS,
  );
}

export function elements(decoded: DecodedInfer, name: string): unknown[] {
  const tensor = decoded.request.inputs.get(name) as Tensor;
  return tensor.datatype === "BYTES"
    ? [...(tensor.data as string[])]
    : [...toTypedArray(tensor.datatype, tensor.data)];
}
