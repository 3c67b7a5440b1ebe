import { Counter, Gauge, type Registry } from "prom-client";
import type { MeasuredModel } from "./metrics.ts";
import type { ModelStats } from "./modelStats.ts";

/**
 * Triton's metrics of its response cache (docs/user_guide/metrics.md of its server); durations are in
 * microseconds, as there.
 */
const TRITON: readonly { name: string; help: string; value: (stats: ModelStats) => number }[] = [
  {
    name: "nv_cache_num_hits_per_model",
    help: "Number of requests answered from the cache.",
    value: (stats) => stats.cacheHit.count,
  },
  {
    name: "nv_cache_num_misses_per_model",
    help: "Number of requests that the cache had no answer for.",
    value: (stats) => stats.cacheMiss.count,
  },
  {
    name: "nv_cache_hit_duration_per_model",
    help: "Cumulative time of answering from the cache, in microseconds.",
    value: (stats) => stats.cacheHit.ns / 1000,
  },
  {
    name: "nv_cache_miss_duration_per_model",
    help: "Cumulative time of looking for answers that were not there and of keeping them, in microseconds.",
    value: (stats) => stats.cacheMiss.ns / 1000,
  },
];

/** Metrics of the models that have a cache. */
export function exportCacheMetrics(
  registry: Registry,
  models: () => Iterable<MeasuredModel>,
): void {
  const registers = [registry];
  const labelNames = ["model", "version"] as const;
  const cached = (): MeasuredModel[] =>
    [...models()].filter(({ cacheBytes }) => cacheBytes !== undefined);
  for (const { name, help, value } of TRITON) {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { name: model, version, stats } of cached())
          this.inc({ model, version }, value(stats));
      },
    });
  }
  new Counter({
    name: "longshore_cache_requests_total",
    help: "Requests to models with a cache that were answered, by whether the cache had the answer.",
    labelNames: [...labelNames, "result"],
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, stats } of cached()) {
        this.inc({ model, version, result: "hit" }, stats.cacheHit.count);
        this.inc({ model, version, result: "miss" }, stats.cacheMiss.count);
      }
    },
  });
  new Gauge({
    name: "longshore_cache_bytes",
    help: "Memory of the answers that a model's cache keeps.",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, cacheBytes = 0 } of cached())
        this.set({ model, version }, cacheBytes);
    },
  });
}
