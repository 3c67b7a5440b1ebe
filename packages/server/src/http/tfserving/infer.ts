import type { InferRequest, Tensors } from "@longshore/core";
import {
  decodeExamples,
  decodePredict,
  encodeClassification,
  encodePredictions,
  encodeRegression,
  findClassOutputs,
  findValueOutput,
  parseInferencePath,
  type InferenceMethod,
} from "@longshore/core/tfserving";
import type { ServedModel } from "../../registry/servedModel.ts";
import type { ServerContext } from "../app.ts";
import { JSON_TYPE, toInferContext, type InferenceRoute } from "../inferenceRoute.ts";
import type { Limits } from "../limits.ts";
import { remember } from "../remember.ts";
import { findServable } from "./find.ts";

/** Computes a request, of which all but its tensors is settled. */
type Run = (request: InferRequest) => Promise<Tensors>;

/** Inference over TensorFlow Serving's REST API: `:predict`, `:classify`, `:regress`. */
export function tensorFlowInferenceRoutes({ host, limits }: ServerContext): InferenceRoute[] {
  const parse = remember(parseInferencePath);
  const answer: InferenceRoute["answer"] = async (call) => {
    const { method, ...spec } = parse(call.path);
    const model = findServable(host.registry, spec);
    const context = toInferContext(call, model, undefined);
    const run: Run = async (request) => (await model.infer(request, context)).outputs;
    const body = await METHODS[method](model, call.body, limits, run);
    return { headers: { "content-type": JSON_TYPE }, body };
  };
  // Names of routes are of any case; Fastify compares them as they are.
  return ["/v1/*", "/V1/*"].map((path) => ({ path, answer }));
}

const METHODS: Readonly<
  Record<
    InferenceMethod,
    (model: ServedModel, body: Uint8Array, limits: Limits, run: Run) => Promise<string>
  >
> = {
  async predict(model, body, limits, run) {
    const { request, format } = decodePredict(body, model, limits);
    return encodePredictions(await run(request), format);
  },
  async classify(model, body, limits, run) {
    const found = findClassOutputs(model);
    const { inputs, count } = decodeExamples(body, model, limits);
    const outputs = [found.scores.name, ...(found.classes ? [found.classes.name] : [])];
    return encodeClassification(found, await run({ inputs, outputs }), count);
  },
  async regress(model, body, limits, run) {
    const found = findValueOutput(model);
    const { inputs, count } = decodeExamples(body, model, limits);
    return encodeRegression(found, await run({ inputs, outputs: [found.name] }), count);
  },
};
