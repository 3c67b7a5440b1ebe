import { fail } from "@longshore/core";
import type { RepeatLimits } from "@longshore/core/tfserving";
import type { ServerContext } from "../app.ts";
import type { Limits } from "../limits.ts";

/**
 * Answers a request; what is made of elements that stand for many counts as bytes of it until that is
 * done, and must not be more than a body may have.
 */
export async function withRepeatLimits<Result>(
  { limits, active }: Pick<ServerContext, "limits" | "active">,
  answer: (limits: Limits & RepeatLimits) => Promise<Result>,
): Promise<Result> {
  let held = 0;
  const hold = (bytes: number): void => {
    const limit = limits.maxBodyBytes;
    if (held + bytes > limit) throw fail("BODY_TOO_LARGE", { limit });
    active.hold(bytes);
    held += bytes;
  };
  try {
    return await answer({ ...limits, hold });
  } finally {
    active.release(held);
  }
}
