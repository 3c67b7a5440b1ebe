import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fail, type Infer, type InferContext, type InferResponse } from "@longshore/core";
import { inOrder } from "./inOrder.ts";

const REQUEST = { inputs: new Map() };

/** A model whose runs the test ends as it likes. */
function open(): { infer: Infer; ends: PromiseWithResolvers<InferResponse>[] } {
  const ends: PromiseWithResolvers<InferResponse>[] = [];
  const model: Infer = () => {
    const run = Promise.withResolvers<InferResponse>();
    ends.push(run);
    return run.promise;
  };
  return { infer: inOrder(model, "m"), ends };
}

test("property: answers leave in the order of the requests, failures as they come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }).chain((count) =>
        fc.record({
          order: fc.shuffledSubarray(
            Array.from({ length: count }, (_, index) => index),
            { minLength: count, maxLength: count },
          ),
          fails: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
        }),
      ),
      async ({ order, fails }) => {
        const { infer, ends } = open();
        const left: number[] = [];
        const all = order.map((_, index) =>
          infer(REQUEST, {}).then(
            () => left.push(index),
            () => undefined,
          ),
        );
        for (const index of order) {
          if (fails[index]!) ends[index]!.reject(fail("CANCELLED"));
          else ends[index]!.resolve({ outputs: new Map() });
          await new Promise(setImmediate);
          // Whatever is answered now is exactly what has nothing unanswered before it.
          const ended = new Set(order.slice(0, order.indexOf(index) + 1));
          const first = order.map((_, each) => each).find((each) => !ended.has(each));
          const expected = order
            .map((_, each) => each)
            .filter((each) => !fails[each]! && each < (first ?? Infinity));
          assert.deepEqual(left, expected);
        }
        await Promise.all(all);
      },
    ),
    { numRuns: 50 },
  );
});

test("an answer that is held back is given up with its caller", async () => {
  const { infer, ends } = open();
  void infer(REQUEST, {});
  const controller = new AbortController();
  const contexts: [InferContext, code: string][] = [
    [{ deadline: performance.now() + 1 }, "TIMEOUT"],
    [{ signal: controller.signal }, "CANCELLED"],
  ];
  const held = contexts.map(([context]) => infer(REQUEST, context));
  ends[1]!.resolve({ outputs: new Map() });
  ends[2]!.resolve({ outputs: new Map() });
  setTimeout(() => controller.abort(), 5);
  for (const [index, [, code]] of contexts.entries()) await assert.rejects(held[index]!, { code });
  ends[0]!.resolve({ outputs: new Map() });
});
