import type { Infer } from "@longshore/core";
import { MemoryStore } from "../inference/cache/store.ts";
import { withCache, type CacheObserver } from "../inference/cache/withCache.ts";
import { inOrder } from "../inference/inOrder.ts";
import { priorityOf, toQueuePolicies } from "../inference/queuePolicy.ts";
import type { ModelSource } from "./scan.ts";

const DEFAULT_CACHE_MIB = 64;

/** What surrounds the computing of a model. */
export interface Inference {
  readonly infer: Infer;
  /** Bytes of the answers that are kept; undefined without a cache. */
  readonly cacheBytes: number | undefined;
}

/**
 * Puts around a model's computing what its manifest asks for: a cache, and the order of answers.
 * Whatever it does not ask for costs nothing.
 */
export function inferenceOf(
  { name, manifest }: Pick<ModelSource, "name" | "manifest">,
  compute: Infer,
  onCache: CacheObserver,
): Inference {
  const { cache, queue, batching } = manifest;
  const store = cache && new MemoryStore((cache.maxMib ?? DEFAULT_CACHE_MIB) * 2 ** 20);
  let infer = compute;
  if (store !== undefined) {
    const cached = withCache(compute, store, onCache);
    const policies = toQueuePolicies(queue);
    // What the queue would refuse is refused though the answer be there.
    infer = async (request, context) => {
      priorityOf(policies, request, name);
      return cached(request, context);
    };
  }
  if (batching?.preserveOrdering === true) {
    const unordered = infer;
    // Async, as what computes a model may also throw at once.
    infer = inOrder(async (...call) => unordered(...call), name);
  }
  return {
    infer,
    get cacheBytes() {
      return store?.bytes;
    },
  };
}
