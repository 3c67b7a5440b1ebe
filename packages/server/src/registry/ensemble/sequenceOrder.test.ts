import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Infer, InferRequest, LongshoreError } from "@longshore/core";
import { fail } from "@longshore/core";
import { sequencesInOrder } from "./sequenceOrder.ts";

const requestOf = (id: bigint | undefined): InferRequest => ({
  inputs: new Map(),
  ...(id !== undefined && { sequence: { id, start: false, end: false } }),
});

test("property: requests of a sequence are computed one after another, of others at the same time", async () => {
  const drawn = fc.array(
    fc.record({
      id: fc.option(fc.bigInt({ min: 1n, max: 3n }), { nil: undefined }),
      fails: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), drawn, async (scheduler, calls) => {
      const running = new Map<bigint | string, number>();
      const order = new Map<bigint | string, number[]>();
      const numbers = new Map<InferRequest, number>();
      const plain: Infer = async (request) => {
        const id = request.sequence?.id;
        const number = numbers.get(request)!;
        if (id !== undefined) {
          assert.equal(running.get(id) ?? 0, 0, "one at a time");
          running.set(id, 1);
          order.set(id, [...(order.get(id) ?? []), number]);
        }
        await scheduler.schedule(Promise.resolve());
        if (id !== undefined) running.set(id, 0);
        if (calls[number]!.fails) throw fail("CANCELLED");
        return { outputs: new Map() };
      };
      const infer = sequencesInOrder(plain);
      const outcomes = calls.map(({ id }, number) => {
        const request = requestOf(id);
        numbers.set(request, number);
        return infer(request, {}).then(
          () => "answered",
          (error: unknown) => (error as LongshoreError).code,
        );
      });
      await scheduler.waitFor(Promise.all(outcomes));
      assert.deepEqual(
        await Promise.all(outcomes),
        calls.map(({ fails }) => (fails ? "CANCELLED" : "answered")),
      );
      for (const [id, numbersOf] of order) {
        const expected = calls.flatMap((call, number) => (call.id === id ? [number] : []));
        assert.deepEqual(numbersOf, expected, "in the order of arrival");
      }
    }),
  );
});
