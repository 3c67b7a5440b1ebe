import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runStep } from "../exampleFrame.test.ts";
import { columnOf } from "../columns.ts";
import { logMel } from "./logMel.ts";
import { assertClose, readVectors } from "./vectors.test.ts";

type Options = Record<string, unknown> & { rate: number };
const [first, ...cases] = readVectors<{
  samples: number[];
  options: Options;
  result: number[];
}>("log-mel");
const { samples } = first!;

function run(options: object, series: number[][], rate: number) {
  return runStep(logMel, {
    options: { column: "x", ...options },
    given: { x: { series, rates: series.map(() => rate) } },
  });
}

describe("equals librosa", () => {
  for (const { options, result } of cases) {
    test(JSON.stringify(options), async () => {
      const { frame, types } = await run(options, [samples], options.rate);
      const { tensor } = columnOf(frame, "x", "tensor");
      const [rows, mels, frames] = tensor.shape;
      assert.deepEqual([rows, mels! * frames!], [1, result.length]);
      assert.deepEqual(types.get("x"), {
        kind: "tensor",
        datatype: "FP32",
        shape: [mels, "frames"],
      });
      const largest = Math.max(1, ...result.map(Math.abs));
      assertClose(tensor.data as Float32Array, result, 1e-6 * largest);
    });
  }
});

const OPTIONS = { rate: 8000, size: 200, hop: 80, mels: 8, log: "whisper" };

test("rows are what they are alone", async () => {
  const rows = [samples.slice(0, 600), samples.slice(100, 700)];
  const together = columnOf((await run(OPTIONS, rows, 8000)).frame, "x", "tensor").tensor;
  const alone: number[] = [];
  for (const row of rows) {
    const { tensor } = columnOf((await run(OPTIONS, [row], 8000)).frame, "x", "tensor");
    alone.push(...(tensor.data as Float32Array));
  }
  assert.deepEqual([...(together.data as Float32Array)], alone);
});

test("`length` fills up with silence and cuts, and the shape is known beforehand", async () => {
  const { frame, types } = await run(
    { ...OPTIONS, length: 500 },
    [samples.slice(0, 300), samples],
    8000,
  );
  const { tensor } = columnOf(frame, "x", "tensor");
  assert.deepEqual(tensor.shape, [2, 8, 6]);
  assert.deepEqual((types.get("x") as { shape: unknown }).shape, [8, 6]);
  const filled = [...samples.slice(0, 300), ...Array.from({ length: 200 }, () => 0)];
  const expected = await run(OPTIONS, [filled, samples.slice(0, 500)], 8000);
  assert.deepEqual(tensor, columnOf(expected.frame, "x", "tensor").tensor);
});

describe("what cannot be", () => {
  const calls: [string, object, number[][], number, RegExp][] = [
    ["another rate", {}, [samples], 16000, /16000 samples a second, and the model takes 8000/],
    ["no samples", {}, [[]], 8000, /has 0 samples, which is too short/],
    ["too short for its frames", { pad: "none" }, [samples.slice(0, 199)], 8000, /too short/],
    ["too short to reflect", { pad: "reflect" }, [samples.slice(0, 100)], 8000, /too short/],
    ["different lengths", {}, [samples, samples.slice(1)], 8000, /in row 1: it has 1199 samples/],
  ];
  for (const [name, options, series, rate, message] of calls) {
    test(name, () =>
      assert.rejects(run({ ...OPTIONS, ...options }, series, rate), {
        code: "FIELD_INVALID",
        message,
      }),
    );
  }
  for (const [options, message] of [
    [{ window: 201 }, /longer than the transform/],
    [{ highest: 5000 }, /above half the rate/],
    [{ lowest: 4000 }, /not below 4000/],
    [{ length: 10, pad: "none" }, /no frame/],
  ] as const) {
    test(`a bundle with ${JSON.stringify(options)}`, () =>
      assert.rejects(run({ ...OPTIONS, ...options }, [samples], 8000), {
        name: "StepProblem",
        message,
      }));
  }
});
