import { fail, isStrings, LongshoreError, toBytes, type Tensors } from "@longshore/core";
import { WorkerStopped } from "../engine/restartableWorker.ts";
import type { OpenBundle } from "./bundle.ts";
import { chain } from "./chain.ts";
import { copyTensors } from "./copyTensors.ts";
import type { BundleRequest, BundleThread, Reply } from "./messages.ts";
import type { Decode, Decoded, Encoded } from "./predict.ts";
import type { Processed } from "./process.ts";

/** Processes calls on this thread. */
export async function decodeHere(open: OpenBundle): Promise<Decode> {
  const { before, after } = await import("./process.ts");
  return (call) =>
    chain(before(open, call), (processed) =>
      toDecoded(processed, (outputs) => after(open, processed, outputs, call)),
    );
}

/** Has calls processed by another thread. Bytes and tensors are handed over, never cloned. */
export function decodeInThread(model: string, thread: BundleThread): Decode {
  const ask = async <Type extends "before" | "after">(
    request: BundleRequest & { readonly type: Type },
    buffers: ArrayBuffer[],
  ): Promise<Extract<Reply, { type: Type }>> => {
    let reply: Reply;
    try {
      reply = await thread.ask(request, buffers);
    } catch (error) {
      if (error instanceof WorkerStopped && error.limit === "unready")
        throw fail("MODEL_UNREADY", { model, reason: error.message });
      const reason = `its processing was stopped: ${(error as Error).message}`;
      throw fail("RUN_FAILED", { model, reason });
    }
    if (reply.type !== request.type) throw await toError(reply);
    return reply as Extract<Reply, { type: Type }>;
  };
  return async ({ id, accept, ...call }) => {
    const body = Uint8Array.from(call.body);
    const { processed } = await ask({ type: "before", call: { ...call, body } }, [body.buffer]);
    return toDecoded(processed, async (given) => {
      const { tensors: outputs, buffers } = copyTensors(given);
      const request = { type: "after", processed, outputs, call: { id, accept } } as const;
      const { encoded } = await ask(request, [...buffers, ...buffersOf(processed.inputs)]);
      return encoded;
    });
  };
}

function toDecoded(
  { inputs, decoded: { priority, sequence, timeoutUs } }: Processed,
  encode: (outputs: Tensors) => Encoded | Promise<Encoded>,
): Decoded {
  return {
    request: {
      inputs,
      ...(priority !== undefined && { priority }),
      ...(sequence !== undefined && { sequence }),
    },
    ...(timeoutUs !== undefined && { timeoutUs }),
    encode,
  };
}

/** What a thread's reply means that is not what it was asked for. */
export async function toError(reply: Reply): Promise<Error> {
  if (reply.type !== "failed") return new Error(`unexpected reply ${reply.type}`);
  const { failure } = reply;
  if ("code" in failure) return new LongshoreError(failure.code, failure.message);
  if (!("path" in failure)) return new Error(failure.message);
  const { PipelineProblem } = await import("@longshore/core/pipeline");
  return new PipelineProblem(failure.path, failure.message);
}

/** Buffers of tensors that came from a thread: nobody else looks at them. */
function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return [...tensors.values()].flatMap(({ data }) =>
    isStrings(data) ? [] : [toBytes(data).buffer as ArrayBuffer],
  );
}
