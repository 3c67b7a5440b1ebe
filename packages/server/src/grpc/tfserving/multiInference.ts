import { fail, type Tensors } from "@longshore/core";
import {
  checkSignatureName,
  findClassOutputs,
  findValueOutput,
  MULTI_INFERENCE_REQUEST,
  MULTI_INFERENCE_RESPONSE,
  readExamples,
  SIGNATURE_NAME,
  toClassification,
  toClassificationResult,
  toModelSpec,
  toRegression,
  toRegressionResult,
  toServableSpec,
  type InferenceResult,
  type InferenceTask,
} from "@longshore/core/tfserving";
import type { ServerContext } from "../../http/app.ts";
import { findServable } from "../../http/tfserving/find.ts";
import { withRepeatLimits } from "../../http/tfserving/repeatLimits.ts";
import type { ServedModel } from "../../registry/servedModel.ts";
import { toInferContext } from "../services/inferContext.ts";
import { PREDICTION_SERVICE } from "../services/names.ts";
import { unary, type Method } from "../transport/method.ts";

/** What a task asks of a model: which outputs, and what they are made into. */
interface Task {
  readonly outputs: readonly string[];
  readonly toResult: (outputs: Tensors, count: number) => Omit<InferenceResult, "model_spec">;
}

/** The kinds of tasks, by the names that TensorFlow gives them. */
const METHODS: Readonly<Record<string, (model: ServedModel) => Task>> = {
  "tensorflow/serving/classify": (model) => {
    const found = findClassOutputs(model);
    return {
      outputs: [found.scores.name, ...(found.classes ? [found.classes.name] : [])],
      toResult: (outputs, count) => ({
        classification_result: toClassificationResult(toClassification(found, outputs, count)),
      }),
    };
  },
  "tensorflow/serving/regress": (model) => {
    const found = findValueOutput(model);
    return {
      outputs: [found.name],
      toResult: (outputs, count) => ({
        regression_result: toRegressionResult(toRegression(found, outputs, count)),
      }),
    };
  },
};

/**
 * Several results for the same examples, from one run of one model.
 *
 * Source: tensorflow/serving `servables/tensorflow/multi_inference.cc`. There a task is a signature of
 * the model's; here a model has one, which may be asked in each way once.
 */
export function multiInferenceMethod(server: ServerContext): Method {
  return unary(
    `${PREDICTION_SERVICE}/MultiInference`,
    MULTI_INFERENCE_REQUEST,
    MULTI_INFERENCE_RESPONSE,
    async ({ tasks, input }, call) => {
      // The first one's version answers all.
      const model = findServable(server.host.registry, toServableSpec(tasks[0]?.model_spec));
      requireDistinct(tasks);
      const asked = tasks.map(({ method_name: method }) => methodOf(method)(model));
      return withRepeatLimits(server, async (limits) => {
        const { inputs, count } = readExamples(input, model, limits);
        const outputs = [...new Set(asked.flatMap((task) => task.outputs))];
        const answer = await model.infer({ inputs, outputs }, toInferContext(call));
        const model_spec = toModelSpec(model, SIGNATURE_NAME);
        const results = asked.map(({ toResult }) => ({
          model_spec,
          ...toResult(answer.outputs, count),
        }));
        return { results };
      });
    },
    { limited: true },
  );
}

/** @throws LongshoreError FIELD_INVALID, FIELD_MISSING. */
function requireDistinct(tasks: readonly InferenceTask[]): void {
  const first = toServableSpec(tasks[0]?.model_spec);
  const seen = new Set<string>();
  for (const [index, { model_spec: spec, method_name: method }] of tasks.entries()) {
    const where = ` in tasks[${index}]`;
    if (toServableSpec(spec).model !== first.model) {
      const problem =
        "All ModelSpecs in a MultiInferenceRequest must access the same model name; send one call a model";
      throw fail("FIELD_INVALID", { field: "model_spec", where, problem });
    }
    checkSignatureName(spec?.signature_name ?? "");
    if (seen.has(method)) {
      const problem = `Duplicate evaluation of signature: ${SIGNATURE_NAME}, as ${method}`;
      throw fail("FIELD_INVALID", { field: "method_name", where, problem });
    }
    seen.add(method);
  }
}

/** @throws LongshoreError FIELD_INVALID */
function methodOf(name: string): (model: ServedModel) => Task {
  if (Object.hasOwn(METHODS, name)) return METHODS[name]!;
  const problem = `Unsupported signature method_name: ${name}; send ${Object.keys(METHODS).join(" or ")}`;
  throw fail("FIELD_INVALID", { field: "method_name", where: " in tasks", problem });
}
