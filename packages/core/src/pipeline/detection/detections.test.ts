import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ExampleColumn } from "../example.ts";
import { runStep, toFrame, typesOf, NO_PLATFORM } from "../exampleFrame.test.ts";
import { planImage } from "../images/geometry.ts";
import { newNotes } from "../notes.ts";
import { StepProblem } from "../step.ts";
import { detections } from "./detections.ts";

interface Found {
  readonly label: string;
  readonly score: number;
  readonly box: readonly number[];
}

const floats = (shape: number[], data: readonly number[]): ExampleColumn => ({
  datatype: "FP32",
  shape,
  data,
});

async function detect(
  options: Record<string, unknown>,
  given: Record<string, ExampleColumn>,
): Promise<Found[][]> {
  const { frame } = await runStep(detections, { options, given });
  assert.deepEqual([...frame.columns.keys()], ["detections"]);
  const column = frame.columns.get("detections");
  assert.ok(column?.kind === "json");
  return column.values as Found[][];
}

/** Two images of three boxes of two classes: centre and size, then scores of the classes. */
const BOXES = [
  [
    [20, 20, 10, 20, 0.875, 0.125],
    [21, 20, 10, 20, 0.75, 0.0625],
    [50, 50, 4, 4, 0.125, 0.5],
  ],
  [
    [10, 10, 2, 2, 0.0625, 0.03125],
    [30, 8, 4, 4, 0.25, 0.375],
    [30, 8, 4, 4, 0.5, 0.25],
  ],
];
const EXPECTED = [
  [
    { label: "a", score: 0.875, box: [15, 10, 25, 30] },
    { label: "b", score: 0.5, box: [48, 48, 52, 52] },
  ],
  [
    { label: "a", score: 0.5, box: [28, 6, 32, 10] },
    { label: "b", score: 0.375, box: [28, 6, 32, 10] },
  ],
];

describe("every layout of the same boxes gives the same answer", () => {
  const names = ["a", "b"];
  const parts = (first: number, to: number): number[] =>
    BOXES.flatMap((boxes) => boxes.flatMap((box) => box.slice(first, to)));
  test("yolov8", async () => {
    const data = BOXES.flatMap((boxes) =>
      [0, 1, 2, 3, 4, 5].flatMap((part) => boxes.map((box) => box[part]!)),
    );
    const options = { predictions: "y", format: "yolov8", names };
    assert.deepEqual(await detect(options, { y: floats([2, 6, 3], data) }), EXPECTED);
  });
  test("yolov5: the objectness multiplies the scores", async () => {
    const data = BOXES.flatMap((boxes) =>
      boxes.flatMap(([x, y, w, h, a, b]) => [x!, y!, w!, h!, 0.5, a! * 2, b! * 2]),
    );
    const options = { predictions: "y", format: "yolov5", names };
    assert.deepEqual(await detect(options, { y: floats([2, 3, 7], data) }), EXPECTED);
  });
  test("boxes, and scores of every class", async () => {
    const options = { boxes: "b", scores: "s", coordinates: "cxcywh", names };
    const given = { b: floats([2, 3, 4], parts(0, 4)), s: floats([2, 3, 2], parts(4, 6)) };
    assert.deepEqual(await detect(options, given), EXPECTED);
  });
  for (const coordinates of ["xyxy", "yxyx", "xywh"] as const) {
    test(`boxes as ${coordinates}, scores and labels`, async () => {
      const boxes = BOXES.flat().flatMap(([x, y, w, h]) => {
        const [x1, y1] = [x! - w! / 2, y! - h! / 2];
        if (coordinates === "xywh") return [x1, y1, w!, h!];
        const [x2, y2] = [x1 + w!, y1 + h!];
        return coordinates === "xyxy" ? [x1, y1, x2, y2] : [y1, x1, y2, x2];
      });
      const scores = BOXES.flat().map((box) => Math.max(box[4]!, box[5]!));
      const labels = BOXES.flat().map((box) => (box[5]! > box[4]! ? 1 : 0));
      const given = {
        b: floats([2, 3, 4], boxes),
        s: floats([2, 3], scores),
        l: { datatype: "INT64" as const, shape: [2, 3], data: labels },
      };
      const options = { boxes: "b", scores: "s", labels: "l", coordinates, names };
      assert.deepEqual(await detect(options, given), EXPECTED);
    });
  }
});

test("suppression among all classes, none at all, and a limit", async () => {
  const scores = floats([1, 3, 2], [0.75, 0, 0, 0.5, 0.625, 0]);
  const boxes = floats([1, 3, 4], [0, 0, 4, 4, 0, 0, 4, 4, 0, 0, 4, 4]);
  const count = async (options: object): Promise<string[]> => {
    const [found] = await detect({ boxes: "b", scores: "s", ...options }, { b: boxes, s: scores });
    return found!.map(({ label, score }) => `${label} ${score}`);
  };
  assert.deepEqual(await count({}), ["0 0.75", "1 0.5"]);
  assert.deepEqual(await count({ suppress: "all" }), ["0 0.75"]);
  assert.deepEqual(await count({ suppress: "none" }), ["0 0.75", "0 0.625", "1 0.5"]);
  assert.deepEqual(await count({ suppress: "none", max: 2 }), ["0 0.75", "0 0.625"]);
  assert.deepEqual(await count({ threshold: 0.625 }), ["0 0.75"]);
});

test("numbers that are none are no boxes", async () => {
  const given = {
    b: floats([1, 3, 4], [0, 0, Number.NaN, 4, 0, 0, 1, 1, 0, 0, Number.POSITIVE_INFINITY, 4]),
    s: floats([1, 3, 1], [0.9, Number.NaN, 0.8]),
  };
  assert.deepEqual(await detect({ boxes: "b", scores: "s" }, given), [[]]);
});

const share = fc.double({ min: 0, max: 1, noNaN: true });

test("boxes come back to where they were in the image that was sent", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: 300 }),
      fc.integer({ min: 8, max: 300 }),
      fc.constantFrom("stretch" as const, "contain" as const, "cover" as const),
      fc.boolean(),
      fc.tuple(share, share, share, share),
      async (width, height, fit, relative, [a, b, c, d]) => {
        const sent = [a * width, b * height, c * width, d * height];
        const { placement } = planImage(
          { width, height },
          { resize: { width: 64, height: 48, fit }, maxPixels: 1e9 },
        );
        const seen = sent.map((value, part) =>
          part % 2 === 0
            ? (value * placement.scaleX + placement.offsetX) / (relative ? 64 : 1)
            : (value * placement.scaleY + placement.offsetY) / (relative ? 48 : 1),
        );
        const given = {
          b: { datatype: "FP32" as const, shape: [1, 1, 4], data: seen },
          s: floats([1, 1, 1], [1]),
        };
        const prepared = await detections.prepare(
          detections.options.parse({ boxes: "b", scores: "s", relative, threshold: 0 }),
          {
            types: typesOf(given),
            phase: "after",
            inputs: {},
            outputs: {},
            signature: { inputs: [], outputs: [] },
            profile: undefined,
            platform: NO_PLATFORM,
          },
        );
        const frame = toFrame(given);
        const notes = newNotes();
        notes.placements.set("image", [placement]);
        await prepared.apply(frame, notes);
        const column = frame.columns.get("detections");
        assert.ok(column?.kind === "json");
        const [found] = column.values[0] as Found[];
        const corners = [
          Math.min(sent[0]!, sent[2]!),
          Math.min(sent[1]!, sent[3]!),
          Math.max(sent[0]!, sent[2]!),
          Math.max(sent[1]!, sent[3]!),
        ];
        found!.box.forEach((got, part) => {
          assert.ok(Math.abs(got - corners[part]!) < 1e-3, `${part}: ${got}, not ${corners[part]}`);
        });
      },
    ),
  );
});

describe("what is wrong with the step is said", () => {
  const y = floats(
    [1, 6, 3],
    Array.from({ length: 18 }, () => 0),
  );
  const b = floats(
    [1, 2, 4],
    Array.from({ length: 8 }, () => 0),
  );
  const s = floats([1, 2], [0, 0]);
  for (const [options, option, message] of [
    [{}, undefined, /name the model's outputs: `predictions`, or `boxes` and `scores`/],
    [{ predictions: "y" }, "format", /say how `predictions` is laid out/],
    [{ predictions: "y", format: "yolov8", boxes: "b" }, "boxes", /give one or the other/],
    [{ predictions: "z", format: "yolov8" }, "predictions", /there is no column "z"/],
    [{ predictions: "b", format: "yolov5" }, "format", /leaves no classes/],
    [{ predictions: "y", format: "yolov8", names: ["a"] }, "names", /1 names for 2 classes/],
    [{ boxes: "b", scores: "s" }, "scores", /has 2 axes, expected 3/],
    [{ boxes: "y", scores: "s", labels: "s" }, "boxes", /3 numbers a box, not 4/],
    [
      { boxes: "b", scores: "s", labels: "s", format: "yolov5" },
      "format",
      /is about `predictions`/,
    ],
  ] as const) {
    test(String(message), async () => {
      await assert.rejects(runStep(detections, { options, given: { y, b, s } }), (error) => {
        assert.ok(error instanceof StepProblem);
        assert.match(error.message, message);
        assert.equal(error.option, option);
        return true;
      });
    });
  }
});
