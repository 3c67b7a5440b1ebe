import { fail } from "../errors.ts";
import { findNonFinite, toElements, writeElements } from "../json/writer.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import { toBytes, type Tensor, type Tensors } from "../tensor.ts";
import { encodeByteElements } from "./byteElements.ts";
import type { BinaryOutputs } from "./outputs.ts";

/** What an infer call answers. */
export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  /** The id that the request brought. */
  readonly id?: string | undefined;
  readonly outputs: Tensors;
}

/** A response to write: the chunks, in order, are its body. */
export interface EncodedInfer {
  readonly contentType: "application/json" | "application/octet-stream";
  /** Value of `Inference-Header-Content-Length`; absent where the body is JSON alone. */
  readonly headerLength?: number;
  /** The JSON first (a string where it is alone), then the binary outputs, as views. */
  readonly chunks: readonly (string | Uint8Array)[];
}

/**
 * Encodes the answer to an infer call, FP16 and BF16 included: their values are numbers like any.
 *
 * JSON has no word for NaN and the infinities. `null` would pass for a missing value, and Triton's
 * bare `NaN` makes the whole body unreadable for most parsers: so such an output is refused, with
 * the way that carries it.
 *
 * @throws LongshoreError OUTPUT_NOT_FINITE
 */
export function encodeInferResponse(
  answer: InferAnswer,
  binaryOutputs: BinaryOutputs,
): EncodedInfer {
  const { id, outputs } = answer;
  const binary: Uint8Array[] = [];
  let json = id === undefined ? "{" : `{"id":${quote(id)},`;
  json += `"model_name":${quote(answer.model)},"model_version":${quote(answer.version)},"outputs":[`;
  let separator = "";
  for (const [name, tensor] of outputs) {
    json += `${separator}{"name":${quote(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(",")}],`;
    if (isBinary(name, binaryOutputs)) {
      const bytes = toBinary(tensor);
      json += `"parameters":{"binary_data_size":${bytes.length}}}`;
      if (bytes.length > 0) binary.push(bytes);
    } else json += `"data":[${toJsonData(name, tensor)}]}`;
    separator = ",";
  }
  json += "]}";
  if (binary.length === 0) return { contentType: "application/json", chunks: [json] };
  const head = encodeUtf8(json);
  return {
    contentType: "application/octet-stream",
    headerLength: head.length,
    chunks: [head, ...binary],
  };
}

function isBinary(name: string, outputs: BinaryOutputs): boolean {
  return typeof outputs === "string" ? outputs === "all" : outputs.has(name);
}

function toBinary({ datatype, data }: Tensor): Uint8Array {
  return datatype === "BYTES"
    ? encodeByteElements(data as readonly string[])
    : toBytes(data as ArrayBufferView);
}

function toJsonData(name: string, tensor: Tensor): string {
  const elements = toElements(tensor);
  const index = findNonFinite(elements);
  if (index >= 0) {
    throw fail("OUTPUT_NOT_FINITE", { output: name, index, got: String(elements.values[index]) });
  }
  return writeElements(elements, 0, elements.values.length);
}

/** Names are almost always plain: then quotes around them are all that JSON asks for. */
function quote(text: string): string {
  return /^[\w .:/-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}
