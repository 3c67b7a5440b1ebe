import { fail, LongshoreError, type InferRequest, type Tensors } from "@longshore/core";
import {
  decodeExamples,
  decodePredict,
  encodeClassification,
  encodePredictions,
  encodeRegression,
  findClassOutputs,
  findValueOutput,
  parseInferencePath,
  toClassification,
  toRegression,
  type InferenceMethod,
} from "@longshore/core/tfserving";
import type { ServedModel } from "../../registry/servedModel.ts";
import type { ServerContext } from "../app.ts";
import { JSON_TYPE, toInferContext, type InferenceRoute } from "../inferenceRoute.ts";
import { remember } from "../remember.ts";
import { findServable } from "./find.ts";
import { withRepeatLimits } from "./repeatLimits.ts";

/** Computes a request, of which all but its tensors is settled. */
type Run = (request: InferRequest) => Promise<Tensors>;

/** Inference over TensorFlow Serving's REST API: `:predict`, `:classify`, `:regress`. */
export function tensorFlowInferenceRoutes(server: ServerContext): InferenceRoute[] {
  const parse = remember(parseInferencePath);
  const answer: InferenceRoute["answer"] = async (call) => {
    const { method, ...spec } = parse(call.path);
    const model = findServable(server.host.registry, spec);
    const context = toInferContext(call);
    const run: Run = async (request) => {
      try {
        return (await model.infer(request, context)).outputs;
      } catch (error) {
        throw toServableTimeout(error);
      }
    };
    const body = await METHODS[method](model, call.body, server, run);
    return { headers: { "content-type": JSON_TYPE }, body };
  };
  // Names of routes are of any case; Fastify compares them as they are.
  return ["/v1/*", "/V1/*"].map((path) => ({ path, answer }));
}

/** What takes too long is a 504 in TensorFlow Serving, and a 503 in the Open Inference Protocol. */
function toServableTimeout(error: unknown): unknown {
  return error instanceof LongshoreError && error.code === "TIMEOUT"
    ? fail("SERVABLE_TIMEOUT", { reason: error.message })
    : error;
}

const METHODS: Readonly<
  Record<
    InferenceMethod,
    (model: ServedModel, body: Uint8Array, server: ServerContext, run: Run) => Promise<string>
  >
> = {
  async predict(model, body, { limits }, run) {
    const { request, format } = decodePredict(body, model, limits);
    return encodePredictions(await run(request), format);
  },
  async classify(model, body, server, run) {
    const found = findClassOutputs(model);
    const outputs = [found.scores.name, ...(found.classes ? [found.classes.name] : [])];
    return withRepeatLimits(server, async (limits) => {
      const { inputs, count } = decodeExamples(body, model, limits);
      return encodeClassification(toClassification(found, await run({ inputs, outputs }), count));
    });
  },
  async regress(model, body, server, run) {
    const found = findValueOutput(model);
    const outputs = [found.name];
    return withRepeatLimits(server, async (limits) => {
      const { inputs, count } = decodeExamples(body, model, limits);
      return encodeRegression(toRegression(found, await run({ inputs, outputs }), count));
    });
  },
};
