import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LongshoreError, fromFloat16 } from "../../index.ts";
import { inputFieldSchema } from "../../manifest/fields.ts";
import { NO_PLATFORM } from "../exampleFrame.test.ts";
import type { Frame } from "../frame.ts";
import { newNotes, type Notes } from "../notes.ts";
import { ImageProblem, type ImageForm, type Platform } from "../platform.ts";
import { StepProblem, type PreparedStep, type Step } from "../step.ts";
import { drawing } from "./drawing.ts";
import { formImage } from "./formImage.ts";
import { image } from "./image.ts";
import { layout } from "./layout.ts";
import { normalize } from "./normalize.ts";
import type { Pixels } from "./resize.ts";

/**
 * A platform as a browser is one, whose decoder gives the pixels and nothing else. Its files are two
 * bytes of size and one colour for all pixels: the steps are tested here, decoders elsewhere.
 */
const platform: Platform = {
  ...NO_PLATFORM,
  readImage: async (file, form: ImageForm) => {
    if (file.length !== 5) throw new ImageProblem("is no image");
    const [width, height, ...colour] = file as unknown as [number, number, ...number[]];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => colour[at % 3]!);
    return formImage({ width, height, channels: 3, data } satisfies Pixels, form);
  },
};

async function prepare(
  step: Step,
  options: Record<string, unknown>,
  field: Record<string, unknown> = { type: "image" },
  other: Partial<Platform> = {},
): Promise<PreparedStep> {
  return step.prepare(step.options.parse(options), {
    types: new Map([["photo", { kind: "bytes" }]]),
    phase: "before",
    inputs: { photo: inputFieldSchema.parse(field) },
    outputs: {},
    signature: { inputs: [], outputs: [] },
    profile: undefined,
    platform: { ...platform, ...other },
  });
}

async function run(
  step: PreparedStep,
  files: (number[] | null)[],
): Promise<{ frame: Frame; notes: Notes }> {
  const values = files.map((file) => file && Uint8Array.from(file));
  const frame: Frame = {
    rows: files.length,
    columns: new Map([["photo", { kind: "bytes", values }]]),
  };
  const notes = newNotes();
  await step.apply(frame, notes);
  return { frame, notes };
}

const RED = [255, 0, 0];

test("images of one size become a tensor, and where they went is noted", async () => {
  const resize = { width: 4, height: 4, fit: "contain" };
  const step = await prepare(image, { column: "photo", into: "x", resize, colour: "bgr" });
  assert.deepEqual(step.types.get("x"), { kind: "tensor", datatype: "UINT8", shape: [4, 4, 3] });
  const files = Array.from({ length: 11 }, (_, row) => [2, 1, row, 0, 0]);
  const { frame, notes } = await run(step, files);
  const column = frame.columns.get("x");
  assert.ok(column?.kind === "tensor");
  assert.deepEqual(column.tensor.shape, [11, 4, 4, 3]);
  // The middle of each image: its colour, in the order of the files though they are read together.
  const data = column.tensor.data as Uint8Array;
  assert.deepEqual(
    files.map((_, row) => data[row * 48 + 4 * 3 + 2]),
    files.map((_, row) => row),
  );
  assert.equal(notes.placements.get("x")?.length, 11);
  assert.deepEqual(notes.placements.get("x")![3], {
    width: 2,
    height: 1,
    scaleX: 2,
    scaleY: 2,
    offsetX: 0,
    offsetY: 1,
    intoWidth: 4,
    intoHeight: 4,
  });
});

test("without a size, one image may have any, and several the same", async () => {
  const step = await prepare(image, { column: "photo", colour: "grey" });
  assert.deepEqual(step.types.get("photo"), {
    kind: "tensor",
    datatype: "UINT8",
    shape: ["height", "width", 1],
  });
  const { frame } = await run(step, [
    [2, 3, ...RED],
    [2, 3, 0, 0, 0],
  ]);
  const column = frame.columns.get("photo");
  assert.ok(column?.kind === "tensor");
  assert.deepEqual(column.tensor.shape, [2, 3, 2, 1]);
  await assert.rejects(
    run(step, [
      [2, 3, ...RED],
      [3, 3, ...RED],
    ]),
    {
      code: "FIELD_INVALID",
      message:
        'field "photo" in row 1: becomes 3×3 pixels, but the image in row 0 2×3; send images of different sizes one a call',
    },
  );
});

describe("what callers send is refused with its field and row", () => {
  const bad: [string, Step, object, (number[] | null)[], object][] = [
    [
      "a broken file",
      image,
      {},
      [[1, 1, ...RED], [7]],
      { code: "FIELD_INVALID", message: 'field "photo" in row 1: is no image' },
    ],
    [
      "the only file",
      image,
      {},
      [[7]],
      { code: "FIELD_INVALID", message: 'field "photo": is no image' },
    ],
    [
      "a missing file",
      image,
      {},
      [null],
      { code: "FIELD_MISSING", message: 'field "photo" is missing; expected an image' },
    ],
    [
      "a file over the field's maxPixels",
      image,
      {},
      [[3, 3, ...RED]],
      {
        code: "FIELD_INVALID",
        message: 'field "photo": is 3×3 pixels, over the limit of 8; send a smaller image',
      },
    ],
    [
      "an empty page",
      drawing,
      { width: 2, height: 2 },
      [[2, 2, ...RED]],
      { code: "FIELD_INVALID", message: 'field "photo": shows nothing: all of it has one colour' },
    ],
  ];
  for (const [name, step, options, files, expected] of bad) {
    test(name, async () => {
      const field = { type: "image", maxPixels: 8 };
      const prepared = await prepare(step, { column: "photo", ...options }, field);
      await assert.rejects(run(prepared, files), (error) => {
        assert.ok(error instanceof LongshoreError);
        assert.deepEqual({ code: error.code, message: error.message }, expected);
        return true;
      });
    });
  }
});

test("a fault of the platform is not put down to the caller", async () => {
  const readImage = () => Promise.reject(new RangeError("out of memory"));
  const step = await prepare(image, { column: "photo" }, { type: "image" }, { readImage });
  await assert.rejects(run(step, [[1, 1, ...RED]]), RangeError);
});

describe("what is wrong in a bundle is said", () => {
  const given = { x: { kind: "tensor", datatype: "UINT8", shape: [2, 2, 3] } } as const;
  const cases: [Step, Record<string, unknown>, string | undefined, RegExp][] = [
    [image, { column: "foto" }, "column", /did you mean "photo"/],
    [image, { column: "x" }, "column", /of kind tensor, expected bytes/],
    [image, { column: "photo", colour: "grey", fill: [1, 2, 3] }, "fill", /three values for one/],
    [
      drawing,
      { column: "photo", width: 8, height: 8, ink: { width: 9, height: 4 } },
      "ink",
      /9×4 cells do not fit in 8×8/,
    ],
    [normalize, { column: "photo" }, "column", /of kind bytes/],
    [normalize, { column: "x", mean: [1, 2] }, "mean", /2 values, but the last axis .* has 3/],
    [normalize, { column: "x", std: [1, 2, 3], channels: "first" }, "std", /has 2 channels/],
    [layout, { column: "x", order: "no-channels" }, "order", /has 3 channels, not 1/],
  ];
  for (const [step, options, option, message] of cases) {
    test(`${step.name}: ${String(message)}`, async () => {
      const parsed = step.options.parse(options);
      const preparing = async (): Promise<PreparedStep> =>
        step.prepare(parsed, {
          types: new Map(Object.entries({ photo: { kind: "bytes" } as const, ...given })),
          phase: "before",
          inputs: {},
          outputs: {},
          signature: { inputs: [], outputs: [] },
          profile: undefined,
          platform,
        });
      await assert.rejects(preparing, (error) => {
        assert.ok(error instanceof StepProblem);
        assert.match(error.message, message);
        assert.equal(error.option, option);
        return true;
      });
    });
  }
});

test("half precision is single precision, rounded", async () => {
  const tensor = {
    datatype: "UINT8",
    shape: [1, 1, 2, 3],
    data: Uint8Array.of(0, 51, 102, 153, 204, 255),
  } as const;
  const step = await normalize.prepare(
    normalize.options.parse({ column: "x", mean: [0.485, 0.456, 0.406], datatype: "FP16" }),
    {
      types: new Map([["x", { kind: "tensor", datatype: "UINT8", shape: [1, 2, 3] }]]),
      phase: "before",
      inputs: {},
      outputs: {},
      signature: { inputs: [], outputs: [] },
      profile: undefined,
      platform,
    },
  );
  const frame: Frame = { rows: 1, columns: new Map([["x", { kind: "tensor", tensor }]]) };
  await step.apply(frame, newNotes());
  const column = frame.columns.get("x");
  assert.ok(column?.kind === "tensor");
  assert.equal(column.tensor.datatype, "FP16");
  const mean = [0.485, 0.456, 0.406];
  for (const [index, bits] of [...(column.tensor.data as Uint16Array)].entries()) {
    const expected = index / 5 - mean[index % 3]!;
    assert.ok(Math.abs(fromFloat16(bits) - expected) < 2 ** -11, `${index}`);
  }
});
