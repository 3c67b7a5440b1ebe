import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensor } from "@longshore/core";
import { model, node } from "@longshore/onnx";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { overlap, suppress, type Candidates, type Suppression } from "./nms.ts";

/** Corners on a small grid, so that boxes overlap, are equal, touch, and have no area. */
const box = fc
  .tuple(fc.nat(12), fc.nat(12), fc.nat(8), fc.nat(8))
  .map(([x, y, width, height]) => [x, y, x + width, y + height]);
const candidates: fc.Arbitrary<Candidates> = fc
  .array(fc.record({ box, score: fc.integer({ min: 1, max: 20 }), label: fc.nat(2) }), {
    maxLength: 40,
  })
  .map((found) => ({
    boxes: Float64Array.from(found.flatMap((one) => one.box)),
    scores: Float64Array.from(found, ({ score }) => score / 32),
    labels: Int32Array.from(found, ({ label }) => label),
  }));
const options: fc.Arbitrary<Suppression> = fc.record({
  iou: fc.constantFrom(0, 0.25, 0.45, 0.5, 0.7, 1),
  among: fc.constantFrom("class", "all", "none"),
  max: fc.integer({ min: 1, max: 50 }),
});

/** Word by word: again and again the likeliest box that is left, without those that it suppresses. */
function slowly({ boxes, scores, labels }: Candidates, { iou, among, max }: Suppression): number[] {
  let left = [...scores.keys()];
  const kept: number[] = [];
  while (left.length > 0 && kept.length < max) {
    const best = left.reduce((a, b) => (scores[b]! > scores[a]! ? b : a));
    kept.push(best);
    left = left.filter((other) => {
      const meets = among === "all" || (among === "class" && labels[other] === labels[best]);
      return other !== best && !(meets && cellsIou(boxes, best, other) > iou);
    });
  }
  return kept;
}

/** Of boxes with whole corners: counts the cells of the grid. */
function cellsIou(boxes: Float64Array, one: number, other: number): number {
  let [both, either] = [0, 0];
  const holds = (index: number, x: number, y: number): boolean => {
    const [x1, y1, x2, y2] = boxes.subarray(index * 4, index * 4 + 4);
    return x >= x1! && x < x2! && y >= y1! && y < y2!;
  };
  for (let x = 0; x < 20; x++)
    for (let y = 0; y < 20; y++) {
      const [a, b] = [holds(one, x, y), holds(other, x, y)];
      if (a && b) both++;
      if (a || b) either++;
    }
  return either === 0 ? 0 : both / either;
}

test("suppression is what its definition says", () => {
  fc.assert(
    fc.property(candidates, options, (found, how) => {
      assert.deepEqual(suppress(found, how), slowly(found, how));
    }),
    { numRuns: 300 },
  );
});

test("overlap is the share of the common area", () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      const boxes = Float64Array.from([...a, ...b]);
      assert.ok(Math.abs(overlap(boxes, 0, 1) - cellsIou(boxes, 0, 1)) < 1e-12);
      assert.equal(overlap(boxes, 0, 1), overlap(boxes, 1, 0));
    }),
  );
});

test("one class or several: the boxes that ONNX Runtime's NonMaxSuppression keeps", async () => {
  const runnable = await openRunnable(
    model({
      inputs: [
        { name: "boxes", datatype: "FP32", shape: [1, "boxes", 4] },
        { name: "scores", datatype: "FP32", shape: [1, 3, "boxes"] },
        { name: "max", datatype: "INT64", shape: [1] },
        { name: "iou", datatype: "FP32", shape: [1] },
        { name: "threshold", datatype: "FP32", shape: [1] },
      ],
      outputs: [{ name: "kept", datatype: "INT64", shape: ["kept", 3] }],
      nodes: [node("NonMaxSuppression", ["boxes", "scores", "max", "iou", "threshold"], ["kept"])],
    }),
  );
  const floats = (shape: number[], values: ArrayLike<number>): Tensor => ({
    datatype: "FP32",
    shape,
    data: Float32Array.from(values),
  });
  await fc.assert(
    fc.asyncProperty(candidates, fc.constantFrom(0, 0.25, 0.45, 0.7), async (found, iou) => {
      const count = found.scores.length;
      fc.pre(count > 0);
      const scores = new Float32Array(3 * count);
      found.scores.forEach(
        (score, index) => (scores[found.labels[index]! * count + index] = score),
      );
      const outputs = await runnable.run(
        new Map<string, Tensor>([
          ["boxes", floats([1, count, 4], found.boxes)],
          ["scores", floats([1, 3, count], scores)],
          ["max", { datatype: "INT64", shape: [1], data: BigInt64Array.of(100n) }],
          ["iou", floats([1], [iou])],
          ["threshold", floats([1], [0.01])],
        ]),
      );
      const triples = [...(outputs.get("kept")!.data as BigInt64Array)].map(Number);
      const theirs = triples.filter((_, index) => index % 3 === 2);
      const ours = suppress(found, { iou, among: "class", max: 1000 });
      assert.deepEqual(ours.toSorted(), theirs.toSorted());
    }),
  );
  await runnable.close();
});
