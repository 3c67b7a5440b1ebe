import { fail, type Infer, type Signature } from "@longshore/core";
import type { ModelLane, Work, WorkSource } from "../engine/lane.ts";
import type { RunReply, Timing } from "../engine/messages.ts";
import { assemble, distribute } from "./batch.ts";
import { RequestQueue, SMALL_BATCH, type QueueSettings, type Waiting } from "./queue.ts";

/** Told of each message that a worker answered, for metrics. Must not throw. */
export type BatchObserver = (batch: {
  readonly requests: readonly Pick<Waiting, "enqueuedAt">[];
  readonly rows: number;
  /** Runs of the model: 1 for a batch, else one a request. */
  readonly executions: number;
  /** When the requests left the queue, on the clock of `performance.now()`. */
  readonly takenAt: number;
  readonly timing: Timing;
}) => void;

/**
 * Runs that only share a message are put together up to about so much computing. What is handed out
 * cannot be overtaken, delayed or rejected any more, and against a longer run a message costs nothing.
 */
const MESSAGE_MS = 25;

/**
 * About what the I/O thread takes for a request. Computing that takes no longer keeps up with it on
 * one worker; what takes several times as long needs as many.
 */
const IO_MS = 0.05;

/**
 * Up to about so much computing is not parted among several workers: rows that share a run share
 * what it costs by itself, such as reading the weights, for which workers would queue at the memory.
 */
const SHORT_RUN_MS = 5;

/** Share of a new measurement in the running mean of a model's cost. */
const SMOOTHING = 0.2;

/**
 * One model's queue, as the source that worker threads take from: forms batches, and learns from
 * their measured time how many rows fit into a time budget.
 */
export class ModelQueue implements WorkSource {
  readonly name: string;
  readonly lanes: Set<ModelLane> = new Set();
  readonly #signature: Signature;
  readonly #batchable: boolean;
  readonly #queue: RequestQueue;
  readonly #observe: BatchObserver;
  /** Running mean of the milliseconds that a row (of a batch) or a run takes. */
  #costMs: number;

  /**
   * @param firstCostMs what a row is taken to cost until it was measured.
   * @param onReady called when there may be something to take.
   */
  constructor(
    name: string,
    signature: Signature,
    settings: QueueSettings,
    firstCostMs: number,
    onReady: () => void,
    observe: BatchObserver,
  ) {
    this.name = name;
    this.#signature = signature;
    this.#batchable = settings.batchable;
    this.#costMs = firstCostMs;
    this.#observe = observe;
    this.#queue = new RequestQueue(name, settings, onReady);
  }

  /** Requests that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Infers through the queue. The request must have been checked against the signature. */
  readonly infer: Infer = (request, context) => this.#queue.add(request, context);

  /** From now on the policies' timeouts count. */
  limitTime(): void {
    this.#queue.limitTime();
  }

  available(now: number): number {
    return this.#queue.available(now);
  }

  take(now: number, budgetMs: number): Work | undefined {
    const budget = this.#batchable ? budgetMs : Math.min(budgetMs, MESSAGE_MS);
    const workers = Math.max(1, Math.min(this.lanes.size, Math.ceil(this.#costMs / IO_MS)));
    const few = workers === 1 ? SMALL_BATCH : Math.min(SMALL_BATCH, SHORT_RUN_MS / this.#costMs);
    const requests = this.#queue.take(
      Math.max(1, Math.floor(budget / this.#costMs)),
      workers,
      Math.floor(few),
    );
    if (requests.length === 0) return undefined;
    const { runs, arena } = assemble(this.#signature, requests, this.#batchable);
    let rows = 0;
    for (const request of requests) rows += request.rows;
    const units = this.#batchable ? Math.max(1, rows) : requests.length;
    return {
      request: { type: "run", runs, outputs: requests[0]!.request.outputs, arena },
      size: units,
      expectedMs: this.#costMs * units,
      done: (reply) => {
        this.#learn(reply, units);
        distribute(this.name, this.#signature, requests, reply);
        this.#observe({
          requests,
          rows,
          executions: runs.length,
          takenAt: now,
          timing: reply.timing,
        });
      },
      failed: (error) => {
        for (const request of requests) request.reject(error);
      },
    };
  }

  /** Rejects everything that waits. */
  close(): void {
    this.#queue.clear(fail("MODEL_UNREADY", { model: this.name, reason: "it was unloaded" }));
  }

  #learn(reply: RunReply, units: number): void {
    const { input, infer, output } = reply.timing;
    this.#costMs += SMOOTHING * ((input + infer + output) / units - this.#costMs);
  }
}
