import { toBytes, type Tensor } from "../tensor.ts";
import { encodeByteElements } from "../v2/byteElements.ts";
import type { InferAnswer } from "../v2/response.ts";
import type { InferOutputTensor, ModelInferResponse } from "./messages.ts";

/**
 * The message that answers an infer call: raw contents, one entry an output even where it is
 * empty. Fixed-width elements are views, not copies.
 *
 * @param markFinal adds the parameter `triton_final_response`.
 */
export function toModelInferResponse(
  { model, version, id, outputs }: InferAnswer,
  markFinal: boolean = false,
): ModelInferResponse {
  const heads: InferOutputTensor[] = [];
  const raw: Uint8Array[] = [];
  for (const [name, tensor] of outputs) {
    heads.push({ name, datatype: tensor.datatype, shape: tensor.shape as number[] });
    raw.push(toRaw(tensor));
  }
  return {
    model_name: model,
    model_version: version,
    ...(id && { id }),
    ...(markFinal && { parameters: { triton_final_response: { bool_param: true } } }),
    outputs: heads,
    raw_output_contents: raw,
  };
}

function toRaw({ datatype, data }: Tensor): Uint8Array {
  return datatype === "BYTES"
    ? encodeByteElements(data as readonly string[])
    : toBytes(data as ArrayBufferView);
}
