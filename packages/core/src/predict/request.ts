import type { InferRequest } from "../infer.ts";
import { checkInputs, checkOutputs, type DecodeLimits, type ModelContract } from "../validate.ts";
import { readEnvelope } from "./envelope.ts";
import { readInputs, type PredictForm } from "./inputs.ts";

export type { PredictForm } from "./inputs.ts";

/** A request of the plain route. */
export interface DecodedPredict {
  readonly request: InferRequest;
  /** How the inputs were written, which the answer mirrors. */
  readonly form: PredictForm;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
}

/**
 * Decodes and checks the body of a predict call with a model's own tensors. `readEnvelope` tells what
 * it is, `readInputs` what its `inputs` may be.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, PARAMETER_*, INPUT_*,
 *   BATCH_MISMATCH, OUTPUT_UNKNOWN, OUTPUT_DUPLICATE.
 */
export function decodePredict(
  body: Uint8Array,
  model: ModelContract,
  limits: DecodeLimits,
): DecodedPredict {
  const { inputs, outputs, parameters } = readEnvelope(body, limits.maxDepth, {
    formatExpected: () => "nested arrays, or an object of them by input name",
    readInputs: (reader) => readInputs(reader, model, limits.maxElements),
    outputCount: model.signature.outputs.length,
    checkOutputs: (names) => checkOutputs(model, names),
  });
  checkInputs(model, inputs.tensors, limits);
  const { timeoutUs, ...about } = parameters;
  return {
    request: { inputs: inputs.tensors, ...(outputs.length > 0 && { outputs }), ...about },
    form: inputs.form,
    ...(timeoutUs !== undefined && { timeoutUs }),
  };
}
