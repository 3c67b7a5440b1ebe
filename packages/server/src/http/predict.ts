import type { ServerContext } from "./app.ts";
import type { InferenceRoute } from "./inferenceRoute.ts";

/** The route for people: a bundle's own terms, or natural JSON of tensors. */
export function predictRoutes({ host, limits }: ServerContext): InferenceRoute[] {
  const answer: InferenceRoute["answer"] = async ({ params, headers, body, signal, id }) => {
    const model = host.registry.get(params.model);
    const call = {
      body,
      contentType: headers["content-type"],
      accept: headers.accept,
      id,
      limits,
    };
    const { contentType, body: answered, phases } = await model.predict(call, { signal });
    const timing = Object.entries(phases).map(([name, ms]) => `${name};dur=${ms.toFixed(3)}`);
    return {
      headers: { "content-type": contentType, "server-timing": timing.join(", ") },
      body: answered,
    };
  };
  return [{ path: "/predict/:model", answer }];
}
