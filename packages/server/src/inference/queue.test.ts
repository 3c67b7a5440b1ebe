import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LongshoreError, type InferRequest, type InferResponse } from "@longshore/core";
import { toQueuePolicies } from "./queuePolicy.ts";
import { RequestQueue, type QueueSettings, type Waiting } from "./queue.ts";

const SETTINGS: QueueSettings = {
  batchable: true,
  maxBatchSize: 8,
  maxQueueDelayMs: 0,
  preferredBatchSizes: [],
  policies: toQueuePolicies({ maxLength: 1000 }),
  groupKey: (request) => request.inputs.get("x")!.shape.slice(1).join(),
};

function requestOf(rows: number, width = 4, priority?: number): InferRequest {
  const tensor = {
    datatype: "FP32",
    shape: [rows, width],
    data: new Float32Array(rows * width),
  } as const;
  return { inputs: new Map([["x", tensor]]), ...(priority !== undefined && { priority }) };
}

function queueOf(settings: Partial<QueueSettings> = {}): {
  queue: RequestQueue;
  ready: () => number;
} {
  let count = 0;
  const queue = new RequestQueue("m", { ...SETTINGS, ...settings }, () => count++);
  return { queue, ready: () => count };
}

const rowsOf = (taken: readonly Waiting[]): number[] => taken.map((waiting) => waiting.rows);
const widthOf = (waiting: Waiting): number => waiting.request.inputs.get("x")!.shape[1]!;
const ANSWER: InferResponse = { outputs: new Map() };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    (error: unknown) => (error as LongshoreError).code,
  );
}

test("fills a batch up to the limit and leaves the rest in order", () => {
  const { queue } = queueOf();
  for (const rows of [3, 4, 2, 1]) void queue.add(requestOf(rows), {});
  assert.deepEqual(rowsOf(queue.take(100)), [3, 4]);
  assert.deepEqual(rowsOf(queue.take(100)), [2, 1]);
  assert.deepEqual(rowsOf(queue.take(100)), []);
  assert.equal(queue.length, 0);
});

test("no more than half of many open requests goes into one run", () => {
  const { queue } = queueOf({ maxBatchSize: 64 });
  for (let count = 0; count < 40; count++) void queue.add(requestOf(1), {});
  const first = queue.take(100);
  assert.equal(first.length, 20);
  assert.equal(queue.take(100).length, 20);
  for (const waiting of first) waiting.resolve(ANSWER);
  for (let count = 0; count < 4; count++) void queue.add(requestOf(1), {});
  assert.equal(queue.take(100).length, 4, "of few, all");
});

test("several workers get a share each, and the I/O thread one", () => {
  const { queue } = queueOf({ maxBatchSize: 64 });
  for (let count = 0; count < 64; count++) void queue.add(requestOf(1), {});
  const sizes = Array.from({ length: 5 }, () => queue.take(100, 3).length);
  assert.deepEqual(sizes, [16, 16, 16, 16, 0]);
});

test("of few requests, each of several workers has some", () => {
  const { queue } = queueOf();
  for (let count = 0; count < 4; count++) void queue.add(requestOf(1), {});
  assert.equal(queue.take(100, 3, 1).length, 1);
  assert.equal(queue.take(100, 3).length, 3, "unless they are not worth parting");
});

test("a request larger than a batch is handed out alone", () => {
  const { queue } = queueOf();
  for (const rows of [20, 1]) void queue.add(requestOf(rows), {});
  assert.deepEqual(rowsOf(queue.take(100)), [20]);
  assert.deepEqual(rowsOf(queue.take(100)), [1]);
});

test("priority 1 goes first, no priority before a larger number, equals in order", () => {
  const { queue } = queueOf({ maxBatchSize: 1 });
  const wanted = [1, 1, undefined, 0, 11];
  for (const priority of [undefined, 11, 1, 0, 1]) void queue.add(requestOf(1, 4, priority), {});
  const order = wanted.map(() => queue.take(1)[0]!.request.priority);
  assert.deepEqual(order, wanted);
});

test("other shapes wait for a run of their own", () => {
  const { queue } = queueOf();
  for (const width of [4, 5, 4, 5]) void queue.add(requestOf(1, width), {});
  assert.deepEqual(queue.take(100).map(widthOf), [4, 4]);
  assert.deepEqual(queue.take(100).map(widthOf), [5, 5]);
});

test("prefers the largest preferred size that can be filled", () => {
  const { queue } = queueOf({ preferredBatchSizes: [2, 4] });
  for (let count = 0; count < 7; count++) void queue.add(requestOf(1), {});
  assert.equal(queue.take(100).length, 4);
  assert.equal(queue.take(100).length, 2);
  assert.equal(queue.take(100).length, 1);
});

test("waits up to the delay for others, but not once the batch is full", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { queue, ready } = queueOf({ maxQueueDelayMs: 50, maxBatchSize: 2 });
  void queue.add(requestOf(1), {});
  const now = performance.now();
  assert.equal(queue.available(now), 0);
  assert.equal(ready(), 1);
  t.mock.timers.tick(51);
  assert.equal(ready(), 2, "says so when the delay is over");
  assert.equal(queue.available(now + 51), 1);
  void queue.add(requestOf(1), {});
  assert.equal(queue.available(now), 2, "full");
});

test("a full queue rejects at once", async () => {
  const { queue } = queueOf({ policies: toQueuePolicies({ maxLength: 2 }) });
  void queue.add(requestOf(1), {});
  void queue.add(requestOf(1), {});
  assert.equal(await codeOf(queue.add(requestOf(1), {})), "QUEUE_FULL");
  queue.take(1);
  void queue.add(requestOf(1), {});
  assert.equal(queue.length, 2);
});

test("an aborted request leaves the queue", async () => {
  const { queue } = queueOf();
  const controller = new AbortController();
  const gone = queue.add(requestOf(1), { signal: controller.signal });
  void queue.add(requestOf(2), {});
  controller.abort();
  assert.equal(await codeOf(gone), "CANCELLED");
  assert.equal(queue.length, 1);
  assert.deepEqual(rowsOf(queue.take(100)), [2]);
  assert.equal(await codeOf(queue.add(requestOf(1), { signal: controller.signal })), "CANCELLED");
});

test("a deadline ends the wait, in the queue and in a run", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { queue } = queueOf({ maxBatchSize: 1 });
  const deadline = performance.now() + 1000;
  const running = queue.add(requestOf(1), { deadline });
  const waiting = queue.add(requestOf(1), { deadline });
  const [taken] = queue.take(1);
  t.mock.timers.tick(1001);
  assert.equal(await codeOf(running), "TIMEOUT");
  assert.equal(await codeOf(waiting), "TIMEOUT");
  assert.equal(queue.length, 0);
  taken!.resolve(ANSWER); // Too late; must not throw.
});

test("property: every request is handed out exactly once, in groups, within the limit, or not at all once aborted", () => {
  const request = fc.record({
    rows: fc.integer({ min: 0, max: 10 }),
    width: fc.integer({ min: 1, max: 3 }),
    priority: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  });
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: request }) },
    { weight: 2, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ abort: fc.nat() }) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const { queue } = queueOf();
      // The oracle: a plain list of what waits, searched in full each time.
      let waits: { request: InferRequest; order: number; controller: AbortController }[] = [];
      let order = 0;
      const urgency = ({ priority }: InferRequest): number => priority || 10;
      const takeAndCheck = (maxRows: number): void => {
        const taken = queue.take(maxRows);
        const first = waits.toSorted(
          (a, b) => urgency(a.request) - urgency(b.request) || a.order - b.order,
        )[0];
        assert.equal(taken[0]?.request, first?.request, "most urgent, then oldest");
        assert.equal(new Set(taken.map(widthOf)).size, first === undefined ? 0 : 1, "one shape");
        const rows = taken.reduce((sum, waiting) => sum + waiting.rows, 0);
        assert.ok(taken.length <= 1 || rows <= Math.min(8, maxRows), "within the limit");
        const before = waits.length;
        waits = waits.filter(
          (waiting) => !taken.some((other) => other.request === waiting.request),
        );
        assert.equal(waits.length, before - taken.length, "each once, none aborted");
      };
      for (const step of actions) {
        if ("add" in step) {
          const added = requestOf(step.add.rows, step.add.width, step.add.priority);
          const controller = new AbortController();
          queue.add(added, { signal: controller.signal }).catch(() => undefined);
          waits.push({ request: added, order: order++, controller });
        } else if ("take" in step) {
          takeAndCheck(step.take);
        } else if (waits.length > 0) {
          const [aborted] = waits.splice(step.abort % waits.length, 1);
          aborted!.controller.abort();
        }
        assert.equal(queue.length, waits.length);
      }
      while (waits.length > 0) takeAndCheck(100);
      assert.equal(queue.take(100).length, 0);
    }),
  );
});
