import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OutputTensor, PlacedTensor, Run, RunResult } from "./messages.ts";
import { packReply, packRequest, unpackReply, unpackRequest } from "./wire.ts";

const dims = fc.array(fc.nat(9), { maxLength: 3 });
const strings = fc.array(fc.string(), { maxLength: 3 });

test("a request to run arrives as it was sent", () => {
  const input: fc.Arbitrary<PlacedTensor> = fc.oneof(
    fc.record({ dims, strings }),
    fc.record({ dims, offset: fc.nat(), bytes: fc.nat() }),
  );
  const run: fc.Arbitrary<Run> = fc.record({
    inputs: fc.array(input, { maxLength: 3 }),
    parts: fc.option(fc.array(fc.nat(9)), { nil: undefined }),
  });
  const request = fc.record({
    type: fc.constant("run" as const),
    session: fc.nat(),
    runs: fc.array(run, { maxLength: 3 }),
    outputs: fc.option(strings, { nil: undefined }),
    arena: fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
  });
  fc.assert(
    fc.property(request, (sent) => {
      assert.deepEqual(unpackRequest(structuredClone(packRequest(sent))), structuredClone(sent));
    }),
  );
});

test("a reply arrives as it was sent: whole results, results of parts, and failures", () => {
  const output: fc.Arbitrary<OutputTensor> = fc.record({
    dims,
    data: fc.oneof(strings, fc.float32Array(), fc.bigInt64Array()),
  });
  const outputs = fc.array(output, { maxLength: 3 });
  const part = fc.oneof(fc.record({ outputs }), fc.record({ error: fc.string() }));
  const result: fc.Arbitrary<RunResult> = fc.oneof(
    fc.record({ whole: outputs }),
    fc.record({ parts: fc.array(part, { maxLength: 3 }) }),
  );
  const ms = fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true });
  const reply = fc.record({
    type: fc.constant("ran" as const),
    results: fc.array(result, { maxLength: 3 }),
    timing: fc.record({ input: ms, infer: ms, output: ms }),
  });
  fc.assert(
    fc.property(reply, (sent) => {
      assert.deepEqual(unpackReply(structuredClone(packReply(sent))), structuredClone(sent));
    }),
  );
});
