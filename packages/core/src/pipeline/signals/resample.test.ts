import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { columnOf } from "../columns.ts";
import { runStep } from "../exampleFrame.test.ts";
import { makeResampler, ratioOf } from "./polyphase.ts";
import { resample } from "./resample.ts";
import { assertClose, readVectors } from "./vectors.test.ts";

describe("equals scipy.signal.resample_poly", () => {
  for (const { from, to, samples, result } of readVectors<{
    from: number;
    to: number;
    samples: number[];
    result: number[];
  }>("resample")) {
    test(`${samples.length} samples from ${from} to ${to}`, async () => {
      const { frame } = await runStep(resample, {
        options: { column: "x", rate: to },
        given: { x: { series: [samples], rates: [from] } },
      });
      const { values, rates } = columnOf(frame, "x", "series");
      assert.deepEqual(rates, [to]);
      assertClose(values[0]!, result, 2e-7);
    });
  }
});

test("a slow tone stays a tone, whatever the ratio", () => {
  const rates = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(rates, rates, (from, to) => {
      // A tenth of the lower rate's half, so that the filter passes it.
      const frequency = Math.min(from, to) / 20;
      const seconds = 40 / Math.min(from, to);
      const tone = (rate: number): Float32Array =>
        Float32Array.from({ length: Math.ceil(seconds * rate) }, (_, n) =>
          Math.sin((2 * Math.PI * frequency * n) / rate),
        );
      const given = tone(from);
      const got = makeResampler(ratioOf(from, to)!).resample(given);
      assert.equal(got.length, Math.ceil((given.length * to) / from));
      // The ends hear the silence around.
      const edge = Math.ceil((10.5 * to) / Math.min(from, to));
      const expected = tone(to).subarray(edge, got.length - edge);
      assertClose(got.subarray(edge, edge + expected.length), expected, 2e-3);
    }),
  );
});

test("the bundle's rate counts where the caller's series has none", async () => {
  const given = { x: { series: [[1, 2, 3, 4]] } };
  const example = { options: { column: "x", rate: 50 }, given };
  const { frame } = await runStep(resample, {
    ...example,
    inputs: { x: { type: "series", rate: 100 } },
  });
  assert.equal(columnOf(frame, "x", "series").values[0]!.length, 2);
  await assert.rejects(runStep(resample, { ...example, inputs: { x: { type: "series" } } }), {
    name: "StepProblem",
    message: 'the rate of "x" is not known; give it as inputs.x.rate',
  });
});

test("a rate that would need an endless filter is refused", async () => {
  const call = runStep(resample, {
    options: { column: "x", rate: 16_000 },
    given: { x: { series: [[1]], rates: [4_294_967_291] } },
  });
  await assert.rejects(call, { code: "FIELD_INVALID", message: /4294967291/ });
});
