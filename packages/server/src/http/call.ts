import type { FastifyReply } from "fastify";
import type { InferContext } from "@longshore/core";
import type { ServedModel } from "../registry/servedModel.ts";

/**
 * What a call carries beside its request: it is over when the client is gone or its time is up.
 *
 * @param timeoutUs the request's own `timeout` parameter, in microseconds.
 */
export function toCallContext(
  reply: FastifyReply,
  model: ServedModel,
  timeoutUs: number | undefined,
): InferContext {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  const timeoutMs = timeoutUs === undefined ? model.timeoutMs : timeoutUs / 1000;
  if (timeoutMs === undefined) return { signal: controller.signal };
  return { signal: controller.signal, deadline: performance.now() + timeoutMs };
}
