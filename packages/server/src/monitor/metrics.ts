import { LongshoreError, type ErrorCode } from "@longshore/core";
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { CacheObserver } from "../inference/cache/withCache.ts";
import type { BatchObserver } from "../inference/modelQueue.ts";
import { exportCacheMetrics } from "./cacheMetrics.ts";
import { addHistogram, type ModelHistogram } from "./histogram.ts";
import {
  createModelStats,
  recordBatch,
  recordCache,
  recordRequest,
  type ModelStats,
} from "./modelStats.ts";
import { exportTritonMetrics } from "./tritonMetrics.ts";

/** From 50 µs, below which no run is, to 30 s, by about 2.5 a step. */
const SECONDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10, 30,
];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What the metrics need to know of a model that is served. */
export interface MeasuredModel {
  readonly name: string;
  readonly version: string;
  readonly stats: ModelStats;
  /** Requests that wait. */
  readonly queueLength: number;
  /** Bytes of the answers that are kept; undefined for a model without a cache. */
  readonly cacheBytes: number | undefined;
}

/** Observes one model version. */
export interface ModelMeter {
  readonly stats: ModelStats;
  readonly onBatch: BatchObserver;
  readonly onCache: CacheObserver;
  /** Told of each request that was answered, and how many milliseconds that took. */
  readonly onAnswer: (ms: number) => void;
  /** Told of each request that failed. */
  readonly onFailure: (ms: number, error: unknown) => void;
}

/**
 * All metrics of one server. Histograms are fed as things happen; everything else is read from
 * the models' statistics when Prometheus asks.
 */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #queueSeconds: ModelHistogram;
  readonly #computeSeconds: ModelHistogram;
  readonly #totalSeconds: ModelHistogram;
  readonly #batchRows: ModelHistogram;
  readonly #errors: Counter<"reason">;

  /** @param models the models served at the time of the call. */
  constructor(models: () => Iterable<MeasuredModel>) {
    const histogram = addHistogram.bind(undefined, this.registry);
    this.#queueSeconds = histogram(
      "longshore_queue_seconds",
      "Time that a request waited for its run.",
      SECONDS,
    );
    this.#computeSeconds = histogram(
      "longshore_compute_seconds",
      "Time of the runs that a worker made for one message: inputs, inference, outputs.",
      SECONDS,
    );
    this.#totalSeconds = histogram(
      "longshore_request_seconds",
      "Time from a decoded request to its answer, before encoding.",
      SECONDS,
    );
    this.#batchRows = histogram("longshore_batch_rows", "Rows of a run.", ROWS);
    this.#errors = new Counter({
      name: "longshore_errors_total",
      help: "Requests over any protocol that were answered with an error, by the error's code: those that no model has seen, too.",
      labelNames: ["reason"],
      registers: [this.registry],
    });
    collectDefaultMetrics({ register: this.registry });
    exportModelMetrics(this.registry, models);
    exportTritonMetrics(this.registry, models);
    exportCacheMetrics(this.registry, models);
  }

  /** Counts a request that was answered with an error. */
  countError(reason: ErrorCode): void {
    this.#errors.inc({ reason });
  }

  /** Starts observing a model version. Its histograms go on where an unloaded namesake's ended. */
  meter(model: string, version: string): ModelMeter {
    const stats = createModelStats();
    const queueSeconds = this.#queueSeconds.of(model, version);
    const computeSeconds = this.#computeSeconds.of(model, version);
    const totalSeconds = this.#totalSeconds.of(model, version);
    const batchRows = this.#batchRows.of(model, version);
    return {
      stats,
      onBatch: (batch) => {
        recordBatch(stats, batch);
        for (const request of batch.requests) {
          queueSeconds.observe((batch.takenAt - request.enqueuedAt) / 1000);
        }
        const { input, infer, output } = batch.timing;
        computeSeconds.observe((input + infer + output) / 1000);
        batchRows.observe(batch.executions === 1 ? batch.rows : 1);
      },
      onCache: (result, ms) => recordCache(stats, result, ms),
      onAnswer: (ms) => {
        recordRequest(stats, ms, undefined);
        totalSeconds.observe(ms / 1000);
      },
      onFailure: (ms, error) => {
        recordRequest(stats, ms, error instanceof LongshoreError ? error.code : "INTERNAL");
      },
    };
  }
}

function exportModelMetrics(registry: Registry, models: () => Iterable<MeasuredModel>): void {
  const registers = [registry];
  new Counter({
    name: "longshore_request_failures_total",
    help: "Requests to a model that ended in an error, by the error's code.",
    labelNames: ["model", "version", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { name, version, stats } of models()) {
        for (const [reason, count] of stats.failures)
          this.inc({ model: name, version, reason }, count);
      }
    },
  });
  new Gauge({
    name: "longshore_queue_depth",
    help: "Requests that wait for a run.",
    labelNames: ["model", "version"],
    registers,
    collect() {
      this.reset();
      for (const { name, version, queueLength } of models()) {
        this.set({ model: name, version }, queueLength);
      }
    },
  });
}
