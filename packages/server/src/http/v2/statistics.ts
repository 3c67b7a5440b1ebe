import type { ServedModel } from "../../registry/servedModel.ts";
import type { Duration } from "../../monitor/modelStats.ts";

/** Statistics of one model version, as Triton's statistics extension writes them. */
export function toStatistics({ name, version, stats }: ServedModel): object {
  const whole = ({ count, ns }: Duration): Duration => ({ count, ns: Math.round(ns) });
  const none: Duration = { count: 0, ns: 0 };
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
      // Nothing is cached yet, so nothing hits or misses.
      cache_hit: none,
      cache_miss: none,
    },
    batch_stats: batches.map(([size, { count, inputNs, inferNs, outputNs }]) => ({
      batch_size: size,
      compute_input: whole({ count, ns: inputNs }),
      compute_infer: whole({ count, ns: inferNs }),
      compute_output: whole({ count, ns: outputNs }),
    })),
  };
}
