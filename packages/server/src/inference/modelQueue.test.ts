import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferRequest } from "@longshore/core";
import { Lane } from "../engine/lane.ts";
import { ModelQueue } from "./modelQueue.ts";
import { toQueuePolicies } from "./queuePolicy.ts";

/**
 * A queue of 10 requests to a model that cannot batch.
 *
 * @param costMs of a run.
 * @param workers that have sessions of it.
 */
function open(costMs: number, workers = 1): ModelQueue {
  const spec = { name: "x", datatype: "INT32", shape: [1] } as const;
  const queue = new ModelQueue(
    "m",
    { inputs: [spec], outputs: [] },
    {
      batchable: false,
      maxBatchSize: 0,
      maxQueueDelayMs: 0,
      preferredBatchSizes: [],
      groupKey: () => "",
      policies: toQueuePolicies(),
    },
    costMs,
    () => undefined,
    () => undefined,
  );
  for (let worker = 0; worker < workers; worker++) queue.lanes.add(new Lane());
  for (let index = 0; index < 10; index++) {
    const x = { datatype: "INT32", shape: [1], data: Int32Array.of(index) } as const;
    const request: InferRequest = { inputs: new Map([["x", x]]) };
    void queue.infer(request, {});
  }
  return queue;
}

test("long runs share no message, so that others may go before the rest", () => {
  const sizes = [0.01, 10, 25, 1_000].map(
    (costMs) => open(costMs).take(performance.now(), Number.POSITIVE_INFINITY)?.size,
  );
  assert.deepEqual(sizes, [8, 2, 1, 1]);
});

test("runs are spread over as many workers as keep up with the I/O thread", () => {
  const sizes = [0.01, 0.06, 0.5, 1, 5].map(
    (costMs) => open(costMs, 4).take(performance.now(), Number.POSITIVE_INFINITY)?.size,
  );
  assert.deepEqual(sizes, [8, 8, 8, 5, 2], "but not what is done in no time");
  const few = open(5, 2).take(performance.now(), Number.POSITIVE_INFINITY);
  assert.equal(few?.size, 4, "no more than there are");
});

test("what is taken is what waits no more", () => {
  const queue = open(0.01);
  for (const size of [8, 2]) {
    assert.equal(queue.take(performance.now(), Number.POSITIVE_INFINITY)?.size, size);
  }
  assert.equal(queue.take(performance.now(), Number.POSITIVE_INFINITY), undefined);
  assert.equal(queue.length, 0);
});
