import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ExampleColumn } from "../example.ts";
import { runStep } from "../exampleFrame.test.ts";
import { singleAtLeast } from "../lowering.ts";
import { StepProblem, type Step } from "../step.ts";
import { classThresholds } from "./classThresholds.ts";
import { labels } from "./labels.ts";
import { pick } from "./pick.ts";
import { reshape } from "./reshape.ts";
import { scaleBack } from "./scaleBack.ts";
import { split } from "./split.ts";
import { temperature } from "./temperature.ts";
import { threshold } from "./threshold.ts";
import { topK } from "./topK.ts";
import { transpose } from "./transpose.ts";

const P = { datatype: "FP32", shape: [1, 3], data: [0.25, 0.5, 0.25] } as const;
const NAMED = { ...P, labels: ["a", "b", "benign"] };
const IMAGE = { datatype: "FP32", shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] } as const;

describe("what is wrong with a step is said, and of which option", () => {
  const cases: [Step, options: object, given: Record<string, ExampleColumn>, RegExp, string?][] = [
    [
      labels,
      { column: "p" },
      { p: P },
      /column "p" has no labels; give the classes' names/,
      "labels",
    ],
    [labels, { column: "p", labels: ["a"] }, { p: P }, /1 labels for 3 classes/, "labels"],
    [labels, { column: "q" }, { p: P }, /there is no column "q"; the columns here are p/, "column"],
    [labels, { column: "p", into: "x" }, { p: IMAGE }, /expected one axis of classes/, "column"],
    [
      labels,
      { column: "p" },
      { p: { datatype: "INT64", shape: [1, 2], data: [1, 2] } },
      /the shape \[2\] a row, expected one value/,
      "column",
    ],
    [
      labels,
      { column: "p", labels: ["a"] },
      { p: { datatype: "BYTES", shape: [1], data: ["a"] } },
      /holds the names already/,
      "labels",
    ],
    [
      temperature,
      { column: "p", temperature: 2 },
      { p: [1] },
      /is of kind number, expected tensor/,
    ],
    [
      temperature,
      { column: "p", temperature: 2 },
      { p: { ...P, datatype: "INT32", data: [1, 2, 3] } },
      /is INT32, expected FP32 or FP64/,
      "column",
    ],
    [topK, { column: "p", k: 4, into: "x" }, { p: NAMED }, /k is 4 of 3 classes/, "k"],
    [pick, { column: "p" }, { p: P }, /say which of the 3 places/, "at"],
    [pick, { column: "p", at: 3 }, { p: P }, /3 is none of the 3 places/, "at"],
    [pick, { column: "p", at: "x" }, { p: P }, /it has no labels; the step `labels`/, "at"],
    [
      pick,
      { column: "p", at: "bening" },
      { p: NAMED },
      /there is no label "bening"; did you mean "benign"\?/,
      "at",
    ],
    [pick, { column: "p" }, { p: IMAGE }, /bring it to one axis by `reshape`/, "column"],
    [
      split,
      { column: "p", into: ["x"] },
      { p: P },
      /1 columns for a tensor of the shape \[3\]/,
      "into",
    ],
    [split, { column: "p", into: ["x", "y", "x"] }, { p: P }, /called alike/, "into"],
    [
      threshold,
      {
        column: "r",
        at: 0.9,
        labels: ["no", "yes"],
        abstain: { from: 0.1, to: 0.5, label: "?" },
        into: "x",
      },
      { r: [1] },
      /the band from 0.1 to 0.5 does not hold the threshold 0.9/,
      "abstain",
    ],
    [
      classThresholds,
      { column: "p", at: [1, 2], into: "x" },
      { p: NAMED },
      /2 thresholds for 3 classes/,
      "at",
    ],
    [
      classThresholds,
      { column: "p", at: 1, all: true, abstain: "none", into: "x" },
      { p: NAMED },
      /none is the empty list/,
      "abstain",
    ],
    [scaleBack, { column: "p", scale: [1, 2] }, { p: P }, /2 values for 3 places of "p"/, "scale"],
    [scaleBack, { column: "r", center: [1, 2] }, { r: [1] }, /2 values for 1 places/, "center"],
    [
      reshape,
      { column: "p", shape: [2, 2] },
      { p: P },
      /has 4 elements, but the tensor's \[3\] a row has 3/,
      "shape",
    ],
    [
      transpose,
      { column: "p", axes: [0, 2] },
      { p: IMAGE },
      /no order of the 2 axes \[2, 3\]/,
      "axes",
    ],
  ];
  for (const [step, options, given, message, option] of cases)
    test(`${step.name}: ${message.source}`, async () => {
      await assert.rejects(runStep(step, { options: { ...options }, given }), (error) => {
        assert.ok(error instanceof StepProblem);
        assert.match(error.message, message);
        if (option !== undefined) assert.equal(error.option, option);
        return true;
      });
    });
});

test("labels travel with what keeps the classes' axis", async () => {
  const after = async (step: Step, options: object, p: ExampleColumn): Promise<unknown> => {
    const { types } = await runStep(step, { options: { column: "p", ...options }, given: { p } });
    const type = types.get("p");
    return type?.kind === "tensor" ? type.labels : "no tensor";
  };
  assert.deepEqual(await after(labels, { labels: ["x", "y", "z"] }, NAMED), ["x", "y", "z"]);
  assert.deepEqual(await after(temperature, { temperature: 2 }, NAMED), NAMED.labels);
  assert.deepEqual(await after(reshape, { shape: [1, 3] }, NAMED), NAMED.labels);
  assert.equal(await after(reshape, { shape: [3, 1] }, NAMED), undefined);
  const image = { ...IMAGE, labels: ["x", "y", "z"] };
  assert.equal(await after(transpose, { axes: [1, 0] }, image), undefined);
  // Scores of more than one axis get names too, along the last one.
  assert.deepEqual(await after(labels, { labels: ["x", "y", "z"] }, IMAGE), ["x", "y", "z"]);
});

test("numbers of every type become a number column", async () => {
  for (const [datatype, data, expected] of [
    ["INT64", [3, -4], [3, -4]],
    ["UINT8", [3, 255], [3, 255]],
    ["BOOL", [1, 0], [1, 0]],
    ["FP16", [0x3c00, 0xc000], [1, -2]],
    ["BF16", [0x3f80, 0xc000], [1, -2]],
  ] as const) {
    const given = { y: { datatype, shape: [2, 1], data } };
    const { frame } = await runStep(pick, { options: { column: "y" }, given });
    const column = frame.columns.get("y");
    assert.deepEqual(column?.kind === "number" && [...column.values], expected, datatype);
  }
});

test("transposing by an order and then by its inverse changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      async (row, axes) => {
        const shape = [2, ...row];
        const data = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => index);
        const y = { datatype: "INT32", shape, data } as const;
        const there = await runStep(transpose, { options: { column: "y", axes }, given: { y } });
        const turned = there.frame.columns.get("y");
        assert.equal(turned?.kind, "tensor");
        const at = (indices: number[], of: readonly number[]): number =>
          indices.reduce((sum, index, axis) => sum * of[axis]! + index, 0);
        // The slow way: every element by its indices.
        const [n, a, b, c] = turned.tensor.shape as [number, number, number, number];
        for (let i = 0; i < n * a * b * c; i++) {
          const place = [
            Math.floor(i / (a * b * c)),
            Math.floor(i / (b * c)) % a,
            Math.floor(i / c) % b,
            i % c,
          ];
          const source = [place[0]!, 0, 0, 0];
          axes.forEach((axis, index) => (source[axis + 1] = place[index + 1]!));
          assert.equal((turned.tensor.data as Int32Array)[i], data[at(source, shape)]);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a bound in single precision divides its numbers as the bound itself does", () => {
  const bits = new Float32Array(1);
  const next = (x: number, step: number): number => {
    bits[0] = x;
    new Int32Array(bits.buffer)[0]! += x > 0 ? step : -step;
    return bits[0]!;
  };
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e30, max: 1e30 }), (bound) => {
      const near = Math.fround(bound);
      for (const x of near === 0 ? [0, 1e-40, -1e-40] : [near, next(near, 1), next(near, -1)])
        assert.equal(Math.fround(x) >= singleAtLeast(bound), Math.fround(x) >= bound, `${x}`);
    }),
  );
  assert.equal(singleAtLeast(1e-60), 2 ** -149);
  assert.equal(singleAtLeast(-1e-60), -0);
});
