import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferResponse } from "@longshore/core";
import { toPredict, type Phases } from "./predict.ts";

/** The phases of a call that the model answers with this. */
async function phasesOf(response: InferResponse): Promise<Phases> {
  const decode = () => ({
    request: { inputs: new Map() },
    encode: () => ({ contentType: "text/plain", body: "" }),
  });
  const predict = toPredict(decode, async () => response, { name: "m", timeoutEnds: () => true });
  const limits = { maxDepth: 1, maxElements: 1 };
  return (await predict({ body: new Uint8Array(), limits }, {})).phases;
}

test("what a run took is told apart from the wait for it, where it was one run", async () => {
  const outputs: InferResponse["outputs"] = new Map();
  const one = await phasesOf({ outputs, computeMs: 0 });
  assert.deepEqual(Object.keys(one), ["before", "queue", "compute", "after"]);
  assert.equal(one.compute, 0);
  assert.ok(one.queue! > 0);
  // Clocks of two threads: a phase is never negative.
  assert.deepEqual((await phasesOf({ outputs, computeMs: 1e9 })).queue, 0);

  const several = await phasesOf({ outputs });
  assert.deepEqual(Object.keys(several), ["before", "infer", "after"]);
});

test("a deadline that passed while the call was read ends it before the model", async () => {
  const request = { inputs: new Map() };
  const decode = () => ({ request, timeoutUs: 1, encode: () => ({ contentType: "", body: "" }) });
  const given: unknown[] = [];
  const predict = toPredict(
    () => {
      const begun = performance.now();
      while (performance.now() - begun < 0.01);
      return decode();
    },
    () => assert.fail("the model must not be asked"),
    { name: "m", timeoutEnds: () => true, onGivenUp: (_, error) => given.push(error) },
  );
  const call = { body: new Uint8Array(), limits: { maxDepth: 1, maxElements: 1 } };
  await assert.rejects(predict(call, {}), { code: "TIMEOUT" });
  assert.equal(given.length, 1);
});
