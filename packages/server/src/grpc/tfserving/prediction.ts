import { fail, type InferRequest, type Tensors } from "@longshore/core";
import {
  checkSignatureName,
  CLASSIFICATION_RESPONSE,
  EXAMPLES_REQUEST,
  findClassOutputs,
  findValueOutput,
  GET_MODEL_METADATA_REQUEST,
  GET_MODEL_METADATA_RESPONSE,
  PREDICT_REQUEST,
  PREDICT_RESPONSE,
  readExamples,
  REGRESSION_RESPONSE,
  SIGNATURE_DEF_FIELD,
  SIGNATURE_NAME,
  toClassification,
  toClassificationResult,
  toMetadataMessage,
  toModelSpec,
  toPredictRequest,
  toPredictResponse,
  toRegression,
  toRegressionResult,
  toServableSpec,
  type ExamplesRequest,
  type ModelSpec,
} from "@longshore/core/tfserving";
import type { ServerContext } from "../../http/app.ts";
import { findServable } from "../../http/tfserving/find.ts";
import { withRepeatLimits } from "../../http/tfserving/repeatLimits.ts";
import type { ServedModel } from "../../registry/servedModel.ts";
import { toInferContext } from "../services/inferContext.ts";
import { PREDICTION_SERVICE } from "../services/names.ts";
import { unary, type CallContext, type Method } from "../transport/method.ts";
import { multiInferenceMethod } from "./multiInference.ts";

/** `tensorflow.serving.PredictionService`. */
export function predictionMethods(context: ServerContext): Method[] {
  const { host } = context;
  const find = (spec: ModelSpec | undefined): ServedModel =>
    findServable(host.registry, toServableSpec(spec));

  /** Reads examples, computes some outputs of them. */
  const run = async (
    { model_spec: spec, input }: ExamplesRequest,
    model: ServedModel,
    outputs: readonly string[],
    call: CallContext,
  ): Promise<{ readonly outputs: Tensors; readonly count: number }> => {
    checkSignatureName(spec?.signature_name ?? "");
    return withRepeatLimits(context, async (limits) => {
      const { inputs, count } = readExamples(input, model, limits);
      const request: InferRequest = { inputs, outputs };
      const answer = await model.infer(request, toInferContext(call));
      return { outputs: answer.outputs, count };
    });
  };

  return [
    unary(
      `${PREDICTION_SERVICE}/Predict`,
      PREDICT_REQUEST,
      PREDICT_RESPONSE,
      (message, call) =>
        withRepeatLimits(context, async (limits) => {
          const model = find(message.model_spec);
          const request = toPredictRequest(message, model, limits);
          const { outputs } = await model.infer(request, toInferContext(call));
          return toPredictResponse(model, outputs);
        }),
      { limited: true },
    ),
    unary(
      `${PREDICTION_SERVICE}/Classify`,
      EXAMPLES_REQUEST,
      CLASSIFICATION_RESPONSE,
      async (message, call) => {
        const model = find(message.model_spec);
        const found = findClassOutputs(model);
        const names = [found.scores.name, ...(found.classes ? [found.classes.name] : [])];
        const { outputs, count } = await run(message, model, names, call);
        const result = toClassificationResult(toClassification(found, outputs, count));
        return { result, model_spec: toModelSpec(model, SIGNATURE_NAME) };
      },
      { limited: true },
    ),
    unary(
      `${PREDICTION_SERVICE}/Regress`,
      EXAMPLES_REQUEST,
      REGRESSION_RESPONSE,
      async (message, call) => {
        const model = find(message.model_spec);
        const found = findValueOutput(model);
        const { outputs, count } = await run(message, model, [found.name], call);
        const result = toRegressionResult(toRegression(found, outputs, count));
        return { result, model_spec: toModelSpec(model, SIGNATURE_NAME) };
      },
      { limited: true },
    ),
    multiInferenceMethod(context),
    unary(
      `${PREDICTION_SERVICE}/GetModelMetadata`,
      GET_MODEL_METADATA_REQUEST,
      GET_MODEL_METADATA_RESPONSE,
      ({ model_spec: spec, metadata_field: fields = [] }) => {
        requireKnownFields(fields);
        return toMetadataMessage(find(spec));
      },
    ),
  ];
}

/** @throws LongshoreError FIELD_MISSING, FIELD_INVALID. */
function requireKnownFields(fields: readonly string[]): void {
  const field = "metadata_field";
  if (fields.length === 0)
    throw fail("FIELD_MISSING", { field, where: "", expected: `"${SIGNATURE_DEF_FIELD}"` });
  const unknown = fields.find((each) => each !== SIGNATURE_DEF_FIELD);
  if (unknown === undefined) return;
  const problem = `Metadata field ${unknown} is not supported; send "${SIGNATURE_DEF_FIELD}"`;
  throw fail("FIELD_INVALID", { field, where: "", problem });
}
