import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  toTypedArray,
  type Datatype,
  type Dimension,
  type Signature,
  type Tensor,
  type TypedArray,
} from "@longshore/core";
import sharp from "sharp";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { openSamples, splitRows, type SampleOptions, type Samples } from "./samples.ts";

type Spec = [name: string, Datatype, Dimension[]];

function takes(...inputs: Spec[]): Signature {
  return {
    inputs: inputs.map(([name, datatype, shape]) => ({ name, datatype, shape })),
    outputs: inputs.map(([, datatype, [length]]) => ({
      name: "y",
      datatype,
      shape: length === undefined ? [] : [length],
    })),
  };
}

async function open(
  name: string,
  content: string | Uint8Array,
  signature: Signature,
  options?: SampleOptions,
): Promise<Samples> {
  using folder = temporaryFolder();
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return await openSamples(path, signature, options);
}

const values = ({ datatype, data }: Tensor): unknown[] =>
  Array.isArray(data) ? data : Array.from(toTypedArray(datatype, data) as Float32Array, Number);

/** Shape and elements of each batch of one input. */
async function read(
  samples: Samples,
  rows: readonly number[],
  size: number,
  input = "x",
): Promise<[rows: readonly number[], shape: readonly number[], values: unknown[]][]> {
  const batches: [readonly number[], readonly number[], unknown[]][] = [];
  for await (const batch of samples.batches(rows, size)) {
    const tensor = batch.tensors.get(input)!;
    batches.push([batch.rows, tensor.shape, values(tensor)]);
  }
  return batches;
}

const PAIRS = takes(["x", "FP32", ["N", 2]]);

/** An array as `numpy.save` writes it. */
function npy(dtype: string, shape: readonly number[], data: TypedArray): Uint8Array {
  const dimensions = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${dimensions}, }`;
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  const padded = `${header.padEnd(117)}\n`;
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded), new Uint8Array(data.buffer)]);
}

test("CSV: rows in any order and any number of times, labels by their column", async () => {
  const text = "a,b,kind\n1,2,cat\n3,4,dog\n5,6,cat\n";
  const samples = await open("data.csv", text, PAIRS, { labels: "kind" });
  assert.deepEqual([samples.count, samples.labels], [3, ["cat", "dog", "cat"]]);
  assert.deepEqual(await read(samples, [2, 0, 1], 2), [
    [
      [2, 0],
      [2, 2],
      [5, 6, 1, 2],
    ],
    [[1], [1, 2], [3, 4]],
  ]);
  assert.deepEqual(await read(samples, [0, 1, 2], 9), [
    [
      [0, 1, 2],
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ],
  ]);
});

test("CSV: a target that is not named as labels is left out, with a note", async () => {
  const samples = await open("data.csv", "a,b,kind\n1,2,cat\n", PAIRS);
  assert.equal(samples.labels, undefined);
  assert.match(samples.notes[0]!, /"kind" is taken as the target/);
});

const CSV_ERRORS: readonly (readonly [string, Signature, string | undefined, RegExp])[] = [
  ["a,b\n1,2\n3,x\n", PAIRS, undefined, /line 3, column "b": expected a number, got "x"/],
  ["a,b,k\n1,2,\n", PAIRS, "k", /line 2, column "k": the label is missing/],
  ["a,b\n1,2\n", PAIRS, "k", /no column "k" for the labels; there are a, b$/],
  ["a,b\n", PAIRS, undefined, /holds no rows/],
  [
    "a,b\n1,2\n",
    takes(["x", "FP32", [4, 2]]),
    undefined,
    /1 rows, but the model takes 4 at a time/,
  ],
  ["a,b\n1,2\n3,300\n", takes(["x", "UINT8", ["N", 2]]), undefined, /line 3: .*300/],
  ["a\n1\n", takes(["x", "FP32", []]), undefined, /no common axis of rows/],
];

for (const [text, signature, labels, message] of CSV_ERRORS) {
  test(`CSV ${JSON.stringify(text)} is refused: ${message.source}`, async () => {
    await assert.rejects(open("data.csv", text, signature, { labels }), (error) => {
      assert.match(String(error), message);
      return (error as { code?: string }).code === "DATA_INVALID";
    });
  });
}

test("a fixed first axis: whole runs only", async () => {
  const samples = await open("data.csv", "a,b\n1,2\n3,4\n5,6\n", takes(["x", "FP32", [2, 2]]));
  assert.deepEqual([samples.count, samples.fixedRows], [2, 2]);
  assert.deepEqual(await read(samples, [1, 0], 1), [
    [
      [1, 0],
      [2, 2],
      [3, 4, 1, 2],
    ],
  ]);
  assert.deepEqual(await read(samples, [0], 1), []);
});

test("JSON Lines: rows, objects and bodies, with their labels beside the inputs", async () => {
  const text = [
    '{"x": [1, 2], "y": 0}',
    '{"inputs": {"x": [[3, 4], [5, 6]]}, "y": ["one", true]}',
    '{"y": 9007199254740993, "x": [7, 8.50]}',
  ].join("\n");
  const samples = await open("data.jsonl", text, PAIRS, { labels: "y" });
  assert.deepEqual(samples.labels?.slice(0, 3), ["0", "one", "true"]);
  assert.deepEqual(await read(samples, [3, 2, 0], 2), [
    [
      [3, 2],
      [2, 2],
      [7, 8.5, 5, 6],
    ],
    [[0], [1, 2], [1, 2]],
  ]);
  const bare = await open("data.jsonl", "[1, 2]\n[3, 4]\n", PAIRS);
  assert.deepEqual(await read(bare, [1, 0], 2), [
    [
      [1, 0],
      [2, 2],
      [3, 4, 1, 2],
    ],
  ]);
});

test("JSON Lines: 64-bit integers keep all their digits beside labels", async () => {
  const samples = await open(
    "data.jsonl",
    '{"x": 9007199254740993, "y": 1}\n',
    takes(["x", "INT64", ["N"]]),
    { labels: "y" },
  );
  for await (const { tensors } of samples.batches([0], 1))
    assert.deepEqual(toTypedArray("INT64", tensors.get("x")!.data)[0], 9007199254740993n);
});

test("JSON Lines: rows of different lengths do not share a batch", async () => {
  const samples = await open(
    "data.jsonl",
    "[1, 2]\n[3, 4]\n[5]\n[6, 7]\n",
    takes(["x", "FP32", ["N", "T"]]),
  );
  const shapes = (await read(samples, [0, 1, 2, 3], 8)).map(([rows, shape]) => [rows, shape]);
  assert.deepEqual(shapes, [
    [
      [0, 1],
      [2, 2],
    ],
    [[2], [1, 1]],
    [[3], [1, 2]],
  ]);
});

test("JSON Lines: a model without an axis of rows takes a line a run", async () => {
  const signature = takes(["x", "FP32", [2]], ["s", "FP32", []]);
  const samples = await open(
    "data.jsonl",
    '{"x": [1, 2], "s": 3}\n{"x": [4, 5], "s": 6}\n',
    signature,
  );
  assert.deepEqual(await read(samples, [1, 0], 4), [
    [[1], [2], [4, 5]],
    [[0], [2], [1, 2]],
  ]);
});

test("JSON Lines are refused with the line", async () => {
  for (const [text, labels, message] of [
    ['[1, 2]\n{"x": [1]}\n', undefined, /line 2: input "x": expected FP32\[-1,2\]/],
    ['{"x": [1, 2]}\n', "y", /line 1: expected an object with the label in "y"/],
    [
      '{"x": [1, 2], "y": null}\n',
      "y",
      /line 1: "y": expected a number or text as label, got null/,
    ],
    [
      '{"inputs": [[1, 2]], "y": [1, 2]}\n',
      "y",
      /line 1: expected a label for each row in "y": 1, got 2/,
    ],
  ] as const)
    await assert.rejects(open("data.jsonl", text, PAIRS, { labels }), message);
});

test("NPZ: arrays by the names of inputs and labels, converted to the model's types", async () => {
  const path = new URL("../data/npz-samples/deflated.npz", import.meta.url).pathname;
  const samples = await openSamples(path, PAIRS, { labels: "label" });
  assert.deepEqual([samples.count, samples.labels], [3, ["a", "b", "a"]]);
  assert.deepEqual(await read(samples, [2, 0], 4), [
    [
      [2, 0],
      [2, 2],
      [4, 5, 0, 1],
    ],
  ]);
  const renamed = await openSamples(path, takes(["features", "FP64", ["N", 2]]), {
    labels: "label",
  });
  assert.deepEqual(await read(renamed, [1], 4, "features"), [[[1], [1, 2], [2, 3]]]);
  await assert.rejects(
    openSamples(path, PAIRS, { labels: "y" }),
    /no array "y" for the labels; there are x, label/,
  );
  const two = takes(["x", "FP32", ["N", 2]], ["z", "FP32", ["N"]]);
  await assert.rejects(openSamples(path, two), /no array "z" for the input/);
});

test("NPY: rows of the only input; also for a model without an axis of rows", async () => {
  const array = npy("<f4", [3, 2], new Float32Array([1, 2, 3, 4, 5, 6]));
  assert.deepEqual(await read(await open("x.npy", array, PAIRS), [1], 1), [[[1], [1, 2], [3, 4]]]);
  const single = await open("x.npy", array, takes(["x", "FP32", [1, 2]]));
  assert.deepEqual(
    (await read(single, [2, 1], 8)).map(([, shape]) => shape),
    [
      [1, 2],
      [1, 2],
    ],
  );
  const whole: Signature = {
    inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
    outputs: [{ name: "total", datatype: "FP32", shape: [] }],
  };
  const runs = await open("x.npy", array, whole);
  assert.deepEqual(await read(runs, [2, 0], 8), [
    [[2], [2], [5, 6]],
    [[0], [2], [1, 2]],
  ]);
  await assert.rejects(
    open("x.npy", npy("<f4", [6], new Float32Array(6)), whole),
    /expected an axis of rows and 1 others/,
  );
});

test("NPY of another shape is refused", async () => {
  const array = npy("<f4", [2, 3], new Float32Array(6));
  await assert.rejects(
    open("x.npy", array, PAIRS),
    /input "x": expected FP32\[-1,2\], got FP32\[2,3\]/,
  );
  await assert.rejects(open("x.npy", array, PAIRS, { labels: "y" }), /without labels/);
});

test("a folder of images: sub-folders are labels, pictures are read when they are wanted", async () => {
  using folder = temporaryFolder();
  for (const [index, name] of ["dogs/1.png", "cats/1.png", "cats/2.jpg"].entries()) {
    mkdirSync(join(folder.path, name, ".."), { recursive: true });
    const create = {
      width: 4,
      height: 4,
      channels: 3,
      background: { r: index * 50, g: 0, b: 0 },
    } as const;
    await sharp({ create }).toFile(join(folder.path, name));
  }
  const signature = takes(["image", "UINT8", ["N", 3, 2, 2]]);
  const samples = await openSamples(folder.path, signature);
  assert.deepEqual(samples.labels, ["cats", "cats", "dogs"]);
  assert.deepEqual(samples.classes, ["cats", "dogs"]);
  const [[rows, shape, pixels] = assert.fail()] = await read(samples, [2, 0], 2, "image");
  assert.deepEqual(
    [rows, shape],
    [
      [2, 0],
      [2, 3, 2, 2],
    ],
  );
  assert.deepEqual([pixels[0], pixels[12]], [0, 50]);
  await assert.rejects(openSamples(folder.path, PAIRS), /takes no images/);
  await assert.rejects(openSamples(folder.path, signature, { labels: "y" }), /by the sub-folders/);
  const normalization = { mean: [0], std: [1] };
  const floats = takes(["image", "FP32", ["N", 3, 2, 2]]);
  await assert.rejects(openSamples(folder.path, floats, { normalization }), /expected 3 values/);
  const flat = { mean: [0, 0, 0], std: [1, 0, 1] };
  await assert.rejects(openSamples(folder.path, floats, { normalization: flat }), /above 0/);
});

test("what is there, but is no samples, is refused by name", async () => {
  await assert.rejects(openSamples("nowhere.csv", PAIRS), /nowhere\.csv: there is no such file/);
  await assert.rejects(open("data.json", "{\n}", PAIRS), /one request; give samples as JSON Lines/);
  const normalization = { mean: [0], std: [1] };
  await assert.rejects(open("a.csv", "a,b\n1,2\n", PAIRS, { normalization }), /are for images/);
});

test("rows are split the same way each time, none twice, none lost", () => {
  for (const count of [2, 3, 10, 360, 5000]) {
    const { calibration, evaluation } = splitRows(count, 128);
    assert.deepEqual(splitRows(count, 128), { calibration, evaluation });
    const all = [...calibration, ...evaluation].toSorted((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: count }, (_, row) => row),
    );
    assert.ok(calibration.length >= 1 && evaluation.length >= calibration.length);
    assert.ok(calibration.length <= 128);
  }
  assert.deepEqual(splitRows(1, 128), { calibration: [0], evaluation: [0] });
});

test("rows that a run takes a fixed number of are split in whole runs", () => {
  for (const [count, calibration] of [
    [8, 8],
    [16, 8],
    [40, 8],
    [88, 16],
    [4000, 128],
  ] as const) {
    const split = splitRows(count, 128, 8);
    assert.equal(split.calibration.length, calibration);
    assert.equal(split.evaluation.length, count === 8 ? 8 : count - calibration);
  }
  assert.equal(splitRows(4000, 128, 200).calibration.length, 200);
});

test("a part of a file that is sorted by class holds all classes alike", () => {
  const { calibration } = splitRows(1000, 200);
  const perClass = Array.from(
    { length: 10 },
    (_, index) => calibration.filter((row) => Math.floor(row / 100) === index).length,
  );
  assert.ok(Math.min(...perClass) >= 10, perClass.join());
});
