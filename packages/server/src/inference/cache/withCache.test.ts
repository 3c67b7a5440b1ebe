import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import {
  fail,
  type Infer,
  type InferContext,
  type InferRequest,
  type InferResponse,
} from "@longshore/core";
import { MemoryStore } from "./store.ts";
import { withCache } from "./withCache.ts";

function requestOf(value: number, priority?: number): InferRequest {
  const tensor = { datatype: "FP32", shape: [1], data: Float32Array.of(value) } as const;
  return { inputs: new Map([["x", tensor]]), ...(priority && { priority }) };
}

interface Run {
  readonly request: InferRequest;
  readonly context: InferContext;
  answer(): void;
  fail(): void;
}

/** A cache around a model that answers `2x` when the test lets it, in a view of a larger array. */
function open(): { infer: Infer; runs: Run[]; seen: string[] } {
  const runs: Run[] = [];
  const seen: string[] = [];
  const model: Infer = (request, context) =>
    new Promise((resolve, reject) => {
      const [x] = request.inputs.get("x")!.data as Float32Array;
      const data = Float32Array.of(-1, 2 * x!, -1).subarray(1, 2);
      context.signal?.addEventListener("abort", () => reject(fail("CANCELLED")), { once: true });
      runs.push({
        request,
        context,
        answer: () =>
          resolve({ outputs: new Map([["y", { datatype: "FP32", shape: [1], data }]]) }),
        fail: () => reject(fail("RUN_FAILED", { model: "m", reason: "so" })),
      });
    });
  const infer = withCache(model, new MemoryStore(10_000), (result, ms) => {
    assert.ok(ms >= 0);
    seen.push(result);
  });
  return { infer, runs, seen };
}

const dataOf = ({ outputs }: InferResponse): Float32Array => outputs.get("y")!.data as Float32Array;
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: { code: string }) => error.code,
  );

test("an equal request is answered without a run, another is not", async () => {
  const { infer, runs, seen } = open();
  const first = infer(requestOf(1), {});
  await turn();
  runs[0]!.answer();
  assert.deepEqual([...dataOf(await first)], [2]);
  assert.deepEqual([...dataOf(await infer(requestOf(1, 3), { deadline: 1 }))], [2]);
  void infer(requestOf(2), {});
  await turn();
  assert.equal(runs.length, 2);
  assert.deepEqual(seen, ["miss", "hit"]);
});

test("whatever callers do to their answers, the next gets the right one", async () => {
  const { infer, runs } = open();
  const together = [infer(requestOf(1), {}), infer(requestOf(1), {}), infer(requestOf(1), {})];
  const spoilt = together.map(async (answer) => {
    const data = dataOf(await answer);
    const [got] = data;
    new Float32Array(data.buffer).fill(99);
    return got;
  });
  await turn();
  runs[0]!.answer();
  assert.deepEqual(await Promise.all(spoilt), [2, 2, 2]);
  for (let again = 0; again < 3; again++) {
    const answer = await infer(requestOf(1), {});
    assert.deepEqual([...dataOf(answer)], [2]);
    dataOf(answer)[0] = 77;
    (answer.outputs as Map<string, unknown>).clear();
  }
  assert.equal(runs.length, 1);
});

test("a failure is not kept, and told to all who shared its run", async () => {
  const { infer, runs, seen } = open();
  const both = [infer(requestOf(1), {}), infer(requestOf(1), {})].map(codeOf);
  await turn();
  assert.equal(runs.length, 1);
  runs[0]!.fail();
  assert.deepEqual(await Promise.all(both), ["RUN_FAILED", "RUN_FAILED"]);
  const again = infer(requestOf(1), {});
  await turn();
  runs[1]!.answer();
  await again;
  assert.deepEqual(seen, ["miss"]);
});

test("a shared run goes on until the last of its callers is gone", async () => {
  const { infer, runs, seen } = open();
  const controllers = [new AbortController(), new AbortController()];
  const [first, second] = controllers.map(({ signal }) => codeOf(infer(requestOf(1), { signal })));
  await turn();
  assert.equal(runs.length, 1);
  controllers[0]!.abort();
  assert.equal(await first, "CANCELLED");
  assert.equal(runs[0]!.context.signal!.aborted, false);
  controllers[1]!.abort();
  assert.equal(await second, "CANCELLED");
  assert.equal(runs[0]!.context.signal!.aborted, true);

  // The run is given up: nobody who comes now is told that it was cancelled.
  const late = infer(requestOf(1), {});
  await turn();
  runs[1]!.answer();
  assert.deepEqual([...dataOf(await late)], [2]);
  assert.equal(await codeOf(infer(requestOf(5), { signal: AbortSignal.abort() })), "CANCELLED");
  assert.deepEqual(seen, ["miss"]);
});

test("requests with limits of their own, or of other priorities, have runs of their own", async () => {
  const { infer, runs, seen } = open();
  const deadline = performance.now() + 60_000;
  const all = [
    infer(requestOf(1), {}),
    infer(requestOf(1), { deadline }),
    infer(requestOf(1), { timeoutAt: deadline }),
    infer(requestOf(1, 2), {}),
    infer(requestOf(1, 2), {}),
  ];
  await turn();
  assert.deepEqual(
    runs.map(({ context, request }) => [context.deadline, context.timeoutAt, request.priority]),
    [
      [deadline, undefined, undefined],
      [undefined, deadline, undefined],
      [undefined, undefined, undefined],
      [undefined, undefined, 2],
    ].toSorted((a, b) => order(a) - order(b)),
  );
  for (const run of runs) run.answer();
  for (const answer of await Promise.all(all)) assert.deepEqual([...dataOf(answer)], [2]);
  assert.deepEqual(seen.toSorted(), ["hit", "miss", "miss", "miss", "miss"]);

  function order(row: (number | undefined)[]): number {
    const rows = runs.map(({ context, request }) =>
      JSON.stringify([context.deadline, context.timeoutAt, request.priority]),
    );
    return rows.indexOf(JSON.stringify(row));
  }
});
