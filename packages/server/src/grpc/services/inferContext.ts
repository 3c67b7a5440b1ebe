import { fail, type InferContext } from "@longshore/core";
import type { CallContext } from "../transport/method.ts";

/**
 * What a call carries beside its request.
 *
 * @param timeoutUs the request's own `timeout` parameter, in microseconds.
 * @throws LongshoreError CANCELLED where the caller waits no more.
 */
export function toInferContext(
  { signal, deadline }: CallContext,
  timeoutUs?: number,
): InferContext {
  const now = performance.now();
  if (deadline !== undefined && deadline <= now) throw fail("CANCELLED");
  return {
    signal,
    ...(deadline !== undefined && { deadline }),
    ...(timeoutUs !== undefined && { timeoutAt: now + timeoutUs / 1000 }),
  };
}
