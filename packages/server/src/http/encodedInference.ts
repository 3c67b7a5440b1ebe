import { fail } from "@longshore/core";
import type { ServerContext } from "./app.ts";
import {
  compress,
  decompress,
  ENCODINGS,
  readAcceptEncoding,
  toEncoding,
} from "./contentEncoding.ts";
import type { InferenceAnswer, InferenceCall, InferenceRoute } from "./inferenceRoute.ts";

/** A shorter answer fits into a packet as it is: compressing it would only cost time. */
const WORTH_BYTES = 1_024;
const TENSORS_TYPE = "application/octet-stream";

/**
 * A route that takes compressed bodies too, and compresses its answers where the caller wants it.
 * Calls without either header go straight through.
 */
export function withEncodings(route: InferenceRoute, context: ServerContext): InferenceRoute {
  return {
    path: route.path,
    answer(call) {
      const sent = call.headers["content-encoding"];
      const accepted = call.headers["accept-encoding"] as string | undefined;
      if (sent === undefined && accepted === undefined) return route.answer(call);
      const answering =
        sent === undefined || sent === "identity" || call.body.length === 0
          ? route.answer(call)
          : answerDecompressed(route, call, sent, context);
      return accepted === undefined
        ? answering
        : answering.then((answer) => compressed(answer, accepted));
    },
  };
}

async function answerDecompressed(
  route: InferenceRoute,
  call: InferenceCall,
  sent: string,
  { limits, active }: ServerContext,
): Promise<InferenceAnswer> {
  const encoding = toEncoding(sent);
  if (encoding === undefined) throw fail("BODY_ENCODING", { encoding: sent, expected: ENCODINGS });
  // What it becomes counts as a body of that length would, while it is there.
  let held = 0;
  try {
    const body = await decompress(call.body, encoding, limits.maxBodyBytes, (bytes) => {
      active.hold(bytes);
      held += bytes;
    });
    return await route.answer({ ...call, body });
  } finally {
    active.release(held);
  }
}

/** Raw tensors hardly get shorter: they are compressed only for callers that insist on it. */
async function compressed(answer: InferenceAnswer, accepted: string): Promise<InferenceAnswer> {
  const { headers, body } = answer;
  if (body.length < WORTH_BYTES) return answer;
  const { encoding, alone } = readAcceptEncoding(accepted);
  if (encoding === undefined) return answer;
  if (headers["content-type"] === TENSORS_TYPE && !alone) return answer;
  return {
    headers: { ...headers, "content-encoding": encoding },
    body: await compress(body, encoding),
  };
}
