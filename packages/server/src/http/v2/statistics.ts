import type { ServedModel } from "../../registry/servedModel.ts";
import type { Duration } from "../../monitor/modelStats.ts";

/** Statistics of one model version, as Triton's statistics extension writes them. */
export function toStatistics({ name, version, stats }: ServedModel): object {
  const whole = ({ count, ns }: Duration): Duration => ({ count, ns: Math.round(ns) });
  const batches = [...stats.batches].toSorted(([a], [b]) => a - b);
  return {
    name,
    version,
    last_inference: stats.lastInferenceMs,
    inference_count: stats.inferenceCount,
    execution_count: stats.executionCount,
    inference_stats: {
      success: whole(stats.success),
      fail: whole(stats.fail),
      queue: whole(stats.queue),
      compute_input: whole(stats.computeInput),
      compute_infer: whole(stats.computeInfer),
      compute_output: whole(stats.computeOutput),
      cache_hit: whole(stats.cacheHit),
      cache_miss: whole(stats.cacheMiss),
    },
    batch_stats: batches.map(([size, { count, inputNs, inferNs, outputNs }]) => ({
      batch_size: size,
      compute_input: whole({ count, ns: inputNs }),
      compute_infer: whole({ count, ns: inferNs }),
      compute_output: whole({ count, ns: outputNs }),
    })),
  };
}
