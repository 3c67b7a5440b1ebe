import { fail } from "../errors.ts";
import type { InferRequest } from "../infer.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import { checkInputs, checkOutputs, findInput, type ModelContract } from "../validate.ts";
import type { ModelSpec, PredictRequest, PredictResponse } from "./messages/predict.ts";
import { toModelSpec } from "./modelSpec.ts";
import { SIGNATURE_NAME } from "./signatureName.ts";
import type { RepeatLimits } from "./repeatLimits.ts";
import { readTensor, writeTensor } from "./tensorProto.ts";

/**
 * Turns a message into a request for a model, and checks it.
 *
 * @throws LongshoreError SIGNATURE_UNKNOWN, or of the codes INPUT_*, OUTPUT_UNKNOWN,
 *   OUTPUT_DUPLICATE.
 */
export function toPredictRequest(
  { model_spec: spec, inputs: given = {}, output_filter: outputs = [] }: PredictRequest,
  model: ModelContract,
  limits: RepeatLimits,
): InferRequest {
  requireSignature(spec);
  const inputs = new Map<string, Tensor>();
  for (const [name, proto] of Object.entries(given))
    inputs.set(name, readTensor(proto, findInput(model, name), limits));
  checkInputs(model, inputs, limits);
  if (outputs.length === 0) return { inputs };
  checkOutputs(model, outputs);
  return { inputs, outputs };
}

/** @throws LongshoreError SIGNATURE_UNKNOWN */
function requireSignature(spec: ModelSpec | undefined): void {
  const { signature_name: name = "" } = spec ?? {};
  if (name !== "" && name !== SIGNATURE_NAME)
    throw fail("SIGNATURE_UNKNOWN", { signature: name, expected: SIGNATURE_NAME });
}

/** The message that answers. Large outputs are views. */
export function toPredictResponse(
  model: { readonly name: string; readonly version: string },
  outputs: Tensors,
): PredictResponse {
  const written: PredictResponse["outputs"] = Object.create(null) as Record<string, never>;
  for (const [name, tensor] of outputs) written[name] = writeTensor(tensor);
  return { model_spec: toModelSpec(model, SIGNATURE_NAME), outputs: written };
}
