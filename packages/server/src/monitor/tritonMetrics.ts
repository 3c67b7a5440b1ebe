import { Counter, Gauge, type Registry } from "prom-client";
import type { MeasuredModel } from "./metrics.ts";
import type { ModelStats } from "./modelStats.ts";

/**
 * Triton's metrics under Triton's names (docs/user_guide/metrics.md of its server), so that
 * dashboards and alerts made for it show this server too. Durations are in microseconds, as there.
 */
const COUNTERS: readonly { name: string; help: string; value: (stats: ModelStats) => number }[] = [
  {
    name: "nv_inference_request_success",
    help: "Number of successful inference requests.",
    value: (stats) => stats.success.count,
  },
  {
    name: "nv_inference_count",
    help: "Number of inferences performed: rows, not requests.",
    value: (stats) => stats.inferenceCount,
  },
  {
    name: "nv_inference_exec_count",
    help: "Number of model executions.",
    value: (stats) => stats.executionCount,
  },
  {
    name: "nv_inference_request_duration_us",
    help: "Cumulative time of successful requests, in microseconds.",
    value: (stats) => stats.success.ns / 1000,
  },
  {
    name: "nv_inference_queue_duration_us",
    help: "Cumulative time that requests spent in the queue, in microseconds.",
    value: (stats) => stats.queue.ns / 1000,
  },
  {
    name: "nv_inference_compute_input_duration_us",
    help: "Cumulative time of preparing inputs, in microseconds.",
    value: (stats) => stats.computeInput.ns / 1000,
  },
  {
    name: "nv_inference_compute_infer_duration_us",
    help: "Cumulative time of executing the model, in microseconds.",
    value: (stats) => stats.computeInfer.ns / 1000,
  },
  {
    name: "nv_inference_compute_output_duration_us",
    help: "Cumulative time of extracting outputs, in microseconds.",
    value: (stats) => stats.computeOutput.ns / 1000,
  },
];

export function exportTritonMetrics(
  registry: Registry,
  models: () => Iterable<MeasuredModel>,
): void {
  const registers = [registry];
  const labelNames = ["model", "version"] as const;
  for (const { name, help, value } of COUNTERS) {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { name: model, version, stats } of models()) {
          this.inc({ model, version }, value(stats));
        }
      },
    });
  }
  new Counter({
    name: "nv_inference_request_failure",
    help: "Number of failed inference requests, by reason.",
    labelNames: ["model", "version", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, stats } of models()) {
        const counts = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
        for (const [code, count] of stats.failures)
          counts[TRITON_REASONS[code] ?? "OTHER"] += count;
        for (const [reason, count] of Object.entries(counts)) {
          this.inc({ model, version, reason }, count);
        }
      }
    },
  });
  new Gauge({
    name: "nv_inference_pending_request_count",
    help: "Instantaneous number of pending requests.",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, queueLength } of models()) {
        this.set({ model, version }, queueLength);
      }
    },
  });
}

/** Triton's four reasons; whatever is not named here is its OTHER. */
const TRITON_REASONS: Readonly<Record<string, "REJECTED" | "CANCELED" | "BACKEND">> = {
  QUEUE_FULL: "REJECTED",
  TIMEOUT: "REJECTED",
  CANCELLED: "CANCELED",
  RUN_FAILED: "BACKEND",
};
