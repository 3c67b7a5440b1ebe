/**
 * The processing thread: decodes calls and encodes answers of bundles with a pipeline. Requests are
 * answered as they become ready, so that one that waits (images are decoded in threads of their own)
 * holds up no other.
 */
import { LongshoreError } from "@longshore/core";
import { PipelineProblem } from "@longshore/core/pipeline";
import { answerRequests, type Transferred } from "../engine/answerRequests.ts";
import { messageOf } from "../engine/messageOf.ts";
import { openBundle, termsOf, type OpenBundle } from "./bundle.ts";
import type { Failure, Reply, Request } from "./messages.ts";
import { copyTensors } from "./copyTensors.ts";
import { after, before } from "./process.ts";

/** By number. Steps of a bundle that is still being opened wait for it. */
const bundles = new Map<number, Promise<OpenBundle>>();

answerRequests<Request & { readonly id: number }, Reply & { readonly id: number }>(
  async ({ id, ...request }) => {
    try {
      const { reply, transfers } = await answer(request as Request);
      return { reply: { ...reply, id }, transfers };
    } catch (error) {
      return { reply: { type: "failed", failure: toFailure(error), id }, transfers: [] };
    }
  },
);

async function answer(request: Request): Promise<Transferred<Reply>> {
  const { type, bundle: number } = request;
  if (type === "open") {
    const opening = openBundle(request.about);
    bundles.set(number, opening);
    return plain({ type: "opened", terms: termsOf(await opening) });
  }
  const bundle = bundles.get(number);
  if (type === "close") {
    bundles.delete(number);
    return plain({ type: "closed" });
  }
  if (bundle === undefined) throw new Error(`bundle ${number} is not open`);
  if (type === "after") {
    const { processed, outputs, call } = request;
    return plain({ type, encoded: await after(await bundle, processed, outputs, call) });
  }
  const processed = await before(await bundle, request.call);
  const { tensors: inputs, buffers } = copyTensors(processed.inputs);
  return { reply: { type, processed: { ...processed, inputs } }, transfers: buffers };
}

function plain(reply: Reply): Transferred<Reply> {
  return { reply, transfers: [] };
}

function toFailure(error: unknown): Failure {
  const message = messageOf(error);
  if (error instanceof LongshoreError) return { code: error.code, message };
  if (error instanceof PipelineProblem) return { path: error.path, message };
  return { message };
}
