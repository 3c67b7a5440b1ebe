import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensor, Tensors } from "@longshore/core";
import {
  network,
  randomSamples,
  randomTensor,
  seededRandom,
} from "../../../../../test/support/network.ts";
import { openRunnable, runModel } from "../../../../../test/support/ort.ts";
import { model, node, tensor } from "../../build.ts";
import type { Model } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import { calibrate, type CalibrationMethod } from "./calibrate.ts";
import { calibratedValues } from "./values.ts";

/** A small residual network of one input `x` [N,3,8,8]. */
function residual(): Model {
  const net = network(1);
  const first = net.op("Relu", [net.conv("x", 3, 8, 3)]);
  const sum = net.op("Relu", [net.op("Add", [net.conv(first, 8, 8, 3), first])]);
  const pooled = net.op("Flatten", [net.op("GlobalAveragePool", [sum])]);
  return net.toModel({ x: ["N", 3, 8, 8] }, [net.gemm(pooled, 8, 4)]);
}

async function* once(samples: readonly Tensors[]): AsyncGenerator<Tensors> {
  yield* samples;
}

test("what Relu makes is calibrated, what goes into it is not", () => {
  const values = calibratedValues(residual());
  const last = residual().graph.outputs[0]!.name;
  assert.ok(values.includes("x") && values.includes(last));
  assert.equal(values.filter((name) => name.startsWith("relu")).length, 2);
  assert.equal(values.filter((name) => name.startsWith("add")).length, 0);
  // The second convolution is added before the Relu, so it is one of its own.
  assert.equal(values.filter((name) => name.startsWith("conv")).length, 1);
});

test("minmax finds the extremes of all samples, in one pass", async () => {
  const original = residual();
  const samples = randomSamples(2, [2, 3, 8, 8], 4);
  const ranges = await calibrate(original, once(samples.list), openRunnable);
  const names = calibratedValues(original);
  assert.deepEqual([...ranges.keys()], names);
  const graph = { ...original.graph, outputs: names.map((name) => ({ name })) };
  const expected = new Map(names.map((name) => [name, { min: Infinity, max: -Infinity }]));
  for (const sample of samples.list) {
    const run = await runModel({ ...original, graph }, Object.fromEntries(sample), {
      optimization: "disabled",
    });
    for (const [name, { data }] of run)
      for (const value of data as Float32Array) {
        const range = expected.get(name)!;
        range.min = Math.min(range.min, value);
        range.max = Math.max(range.max, value);
      }
  }
  for (const [name, { min, max }] of expected) {
    const range = ranges.get(name)!;
    // The reference ran without fusions, which add up in another order.
    assert.ok(Math.abs(range.min - min) < 1e-5 && Math.abs(range.max - max) < 1e-5, name);
  }
});

/** `y = x · 1`, so that the ranges of `x` are those of the samples. */
const identity = model({
  inputs: [{ name: "x", datatype: "FP32", shape: ["N", 1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: ["N", 1] }],
  initializers: [tensor("w", "FP32", [1, 1], new Float32Array([1]))],
  nodes: [node("MatMul", ["x", "w"], ["y"])],
});

async function rangeOf(
  values: readonly number[],
  method: CalibrationMethod,
  percentile?: number,
): Promise<{ min: number; max: number }> {
  const half = Math.ceil(values.length / 2);
  const parts = [values.slice(0, half), values.slice(half)].filter(({ length }) => length > 0);
  const list = parts.map((part): Tensors => {
    const data = Float32Array.from(part);
    return new Map([["x", { datatype: "FP32", shape: [part.length, 1], data }]]);
  });
  const samples = { [Symbol.asyncIterator]: () => once(list) };
  const options = { method, ...(percentile !== undefined && { percentile }) };
  const { min, max } = (await calibrate(identity, samples, openRunnable, options)).get("x")!;
  return { min, max };
}

test("percentile cuts as many values off at each end as asked, to a bin", async () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 });
  const property = fc.asyncProperty(
    values,
    fc.integer({ min: 50, max: 100 }),
    async (all, percent) => {
      const { min, max } = await rangeOf(all, "percentile", percent);
      const bin = (Math.max(...all, 0) - Math.min(...all, 0)) / 2048;
      const sorted = all.toSorted((a, b) => a - b);
      const cut = (all.length * (100 - percent)) / 200;
      const lowest = Math.min(sorted[Math.floor(cut)]!, 0);
      const highest = Math.max(sorted.at(-1 - Math.floor(cut))!, 0);
      assert.ok(Math.abs(min - lowest) <= bin * 1.001, `${min} for ${lowest}`);
      assert.ok(Math.abs(max - highest) <= bin * 1.001, `${max} for ${highest}`);
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test("entropy gives up a rare outlier, but no part of an even distribution", async () => {
  const even = Array.from({ length: 20_000 }, (_, at) => at / 10_000 - 1);
  assert.deepEqual(await rangeOf(even, "entropy"), { min: -1, max: Math.fround(0.9999) });
  const random = seededRandom(1);
  // Nearly normal, with a deviation of 1: the Irwin-Hall distribution.
  const normal = Array.from({ length: 100_000 }, () =>
    Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6),
  );
  const { min, max } = await rangeOf([...normal, 100], "entropy");
  assert.ok(min < -3.5 && max > 3.5 && max < 25, `${min}..${max}`);
});

test("activations that are always 0 keep an empty range", async () => {
  for (const method of ["minmax", "percentile", "entropy"] as const)
    assert.deepEqual(await rangeOf([0, 0], method), { min: 0, max: 0 });
});

test("a sample without elements tells nothing", async () => {
  assert.deepEqual(await rangeOf([-2, 3], "minmax"), { min: -2, max: 3 });
  const empty = new Map([["x", { datatype: "FP32", shape: [0, 1], data: new Float32Array(0) }]]);
  const samples = once([empty as Tensors]);
  assert.deepEqual(await calibrate(identity, samples, openRunnable), new Map());
});

test("large activations come out of the model a group at a time", async () => {
  const outputs: string[][] = [];
  const open: OpenModel = (opened) => {
    outputs.push(opened.graph.outputs.map(({ name }) => name));
    return openRunnable(opened);
  };
  const rows = 2 ** 23 + 1;
  const x: Tensor = { datatype: "FP32", shape: [rows, 1], data: new Float32Array(rows).fill(1) };
  const samples = { [Symbol.asyncIterator]: () => once([new Map([["x", x]])]) };
  await calibrate(identity, samples, open, { method: "percentile" });
  assert.deepEqual(outputs.slice(1), [["x"], ["y"]]);
});

test("integers, branches and loop bodies are not calibrated", async () => {
  const net = network(3);
  const x = net.gemm("x", 4, 4);
  const shape = net.op("Shape", [x]);
  const first = net.constant(tensor("first", "INT64", [1], new BigInt64Array([0n])));
  const rows = net.op("Gather", [shape, first]);
  const rest = net.constant(tensor("rest", "INT64", [1], new BigInt64Array([-1n])));
  const target = net.op("Concat", [rows, rest], { axis: 0 });
  const y = net.gemm(net.op("Reshape", [x, target]), 4, 2);
  const ranges = await calibrate(
    net.toModel({ x: ["N", 4] }, [y]),
    randomSamples(1, [3, 4], 1),
    openRunnable,
  );
  assert.deepEqual(
    [...ranges.keys()].map((name) => name.replace(/\d/, "")),
    ["x", "gemm", "reshape", "gemm"],
  );
});

const wrong: readonly [string, Tensors, RegExp][] = [
  ["a missing input", new Map(), /^sample 2: input "x" is missing/],
  [
    "an unknown input",
    new Map([["z", randomTensor(() => 0, [1, 3, 8, 8])]]),
    /^sample 2: input "z" does not exist/,
  ],
  [
    "a wrong shape",
    new Map([["x", randomTensor(() => 0, [1, 4, 8, 8])]]),
    /^sample 2: input "x": expected FP32\[-1,3,8,8\], got FP32\[1,4,8,8\]/,
  ],
  [
    "a value that is not a number",
    new Map([["x", notFinite(NaN)]]),
    /^sample 2: input "x": element 5 is not a finite number/,
  ],
  ["an infinite value", new Map([["x", notFinite(-Infinity)]]), /^sample 2: .*element 5 is not/],
];

function notFinite(value: number): Tensor {
  const good = randomTensor(() => 0.5, [1, 3, 8, 8]);
  (good.data as Float32Array)[5] = value;
  return good;
}

for (const [name, sample, message] of wrong)
  test(`${name} is an error that names the sample`, async () => {
    const samples = once([...randomSamples(1, [1, 3, 8, 8], 1).list, sample]);
    await assert.rejects(calibrate(residual(), samples, openRunnable), {
      code: "DATA_INVALID",
      message,
    });
  });

test("a run that fails names the sample", async () => {
  const net = network(4);
  const shape = net.constant(tensor("shape", "INT64", [2], new BigInt64Array([-1n, 4n])));
  const y = net.gemm(net.op("Reshape", ["x", shape]), 4, 2);
  const fails = net.toModel({ x: ["N"] }, [y]);
  const samples = once([
    new Map([["x", randomTensor(() => 0, [8])]]),
    new Map([["x", randomTensor(() => 0, [7])]]),
  ]);
  await assert.rejects(calibrate(fails, samples, openRunnable), {
    code: "DATA_INVALID",
    message: /^sample 2: .*[Rr]eshape/,
  });
});

test("no sample at all is an error, and so are samples that can be read only once", async () => {
  await assert.rejects(calibrate(residual(), once([]), openRunnable), {
    code: "DATA_INVALID",
    message: "samples: calibration needs at least one",
  });
  const samples = once(randomSamples(1, [1, 3, 8, 8], 1).list);
  await assert.rejects(calibrate(residual(), samples, openRunnable, { method: "entropy" }), {
    code: "DATA_INVALID",
  });
});

test("a percentile out of its range is refused", async () => {
  const samples = randomSamples(1, [1, 3, 8, 8], 1);
  const options = { method: "percentile", percentile: 101 } as const;
  await assert.rejects(calibrate(residual(), samples, openRunnable, options), RangeError);
});
