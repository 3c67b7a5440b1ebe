import { decodePredict, encodePredict } from "@longshore/core";
import type { ServerContext } from "./app.ts";
import { requireBody } from "./body.ts";
import { JSON_TYPE, toInferContext, type InferenceRoute } from "./inferenceRoute.ts";

/** The route for people: natural JSON in, natural JSON out. */
export function predictRoutes({ host, limits }: ServerContext): InferenceRoute[] {
  const answer: InferenceRoute["answer"] = async (call) => {
    const model = host.registry.get(call.params.model);
    requireBody(call.body);
    const { request, timeoutUs, form } = decodePredict(call.body, model, limits);
    const { outputs } = await model.infer(request, toInferContext(call, model, timeoutUs));
    const { name, version, signature } = model;
    return {
      headers: { "content-type": JSON_TYPE },
      body: encodePredict({ model: name, version, outputs }, form, signature),
    };
  };
  return [{ path: "/predict/:model", answer }];
}
