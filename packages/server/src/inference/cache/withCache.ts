import type {
  CancelSignal,
  Infer,
  InferContext,
  InferRequest,
  InferResponse,
  Tensors,
} from "@longshore/core";
import { Flight } from "./flight.ts";
import { cacheKey } from "./key.ts";
import { copyOutputs, type AnswerStore } from "./store.ts";

/**
 * Told of each request that was answered: from the cache, or by a run and then kept; and how many
 * milliseconds that took beside the run. Must not throw.
 */
export type CacheObserver = (result: "hit" | "miss", ms: number, request: InferRequest) => void;

/** What a run gave, and the copy of it that belongs to the store. */
interface Answer {
  readonly response: InferResponse;
  readonly kept: Tensors;
}

/**
 * Gives answers again to requests that are equal but for who asks and how urgently. Of requests that
 * come while an equal one is answered, those without a deadline of their own share its run.
 *
 * Failures are not kept. Callers own what they get: nothing that becomes of it reaches the store.
 *
 * For models that answer the same to equal inputs, so not for sequences.
 */
export function withCache(infer: Infer, store: AnswerStore, observe: CacheObserver): Infer {
  const flights = new Map<string, Flight<Answer>>();

  const run = async (
    key: string,
    request: InferRequest,
    context: InferContext,
    lookedUpMs: number,
  ): Promise<Answer> => {
    const response = await infer(request, context);
    const started = performance.now();
    const kept = copyOutputs(response.outputs);
    await store.set(key, kept);
    observe("miss", lookedUpMs + performance.now() - started, request);
    return { response, kept };
  };

  const share = async (
    key: string,
    request: InferRequest,
    signal: CancelSignal | undefined,
    lookedUpMs: number,
  ): Promise<InferResponse> => {
    const name = `${key} ${request.priority ?? 0}`;
    const others = flights.get(name);
    if (others !== undefined && !others.abandoned) {
      const { kept } = await others.join(signal);
      observe("hit", lookedUpMs, request);
      return { outputs: copyOutputs(kept) };
    }
    const flight = new Flight((all) => run(key, request, { signal: all }, lookedUpMs));
    flights.set(name, flight);
    const landed = (): void => {
      if (flights.get(name) === flight) flights.delete(name);
    };
    flight.answer.then(landed, landed);
    return (await flight.join(signal)).response;
  };

  return async (request, context) => {
    const started = performance.now();
    const key = cacheKey(request);
    const kept = await store.get(key);
    const lookedUpMs = performance.now() - started;
    if (kept !== undefined) {
      const outputs = copyOutputs(kept);
      observe("hit", performance.now() - started, request);
      return { outputs };
    }
    const { signal, deadline, timeoutAt } = context;
    if (deadline === undefined && timeoutAt === undefined)
      return share(key, request, signal, lookedUpMs);
    return (await run(key, request, context, lookedUpMs)).response;
  };
}
