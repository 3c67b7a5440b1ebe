import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dimension, Tensor, TensorSpec } from "@longshore/core";
import { assertClose } from "../../../../test/support/close.ts";
import { runModel } from "../../../../test/support/ort.ts";
import { float, graph, model, node, tensor } from "../build.ts";
import { checkGraph } from "../check/checkGraph.ts";
import type { Model, Node, TensorProto } from "../proto/types.ts";
import { upgradeOpset } from "./upgradeOpset.ts";

const SHAPE = [2, 3, 4, 5];
const input = (name: string, shape: readonly Dimension[] = SHAPE): TensorSpec => ({
  name,
  datatype: "FP32",
  shape,
});

/** Elements that differ, on both sides of zero. */
function values(shape: readonly number[]): Tensor {
  const count = shape.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: count }, (_, at) => 2 * Math.sin(at * 1.7));
  return { datatype: "FP32", shape, data };
}

const int64 = (name: string, ...data: number[]): TensorProto =>
  tensor(name, "INT64", [data.length], BigInt64Array.from(data, BigInt));

interface Case {
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly initializers?: readonly TensorProto[];
  readonly outputs?: readonly string[];
  /** Of the input x; symbols where the graph must not know. */
  readonly declared?: readonly Dimension[];
  readonly irVersion?: number;
}

const float32 = (name: string, ...data: number[]): TensorProto =>
  tensor(name, "FP32", [data.length], Float32Array.from(data));

const CASES: Readonly<Record<string, Case>> = {
  "Clip with both bounds": {
    opset: 7,
    nodes: [node("Clip", ["x"], ["y"], { min: float(-0.5), max: float(0.75) })],
  },
  "Clip with one bound": { opset: 10, nodes: [node("Clip", ["x"], ["y"], { max: float(0.5) })] },
  "Pad with a value": {
    opset: 10,
    nodes: [node("Pad", ["x"], ["y"], { pads: [0, 0, 1, 2, 0, 0, 3, 0], value: float(1.5) })],
  },
  "Pad that reflects": {
    opset: 7,
    nodes: [node("Pad", ["x"], ["y"], { pads: [0, 0, 1, 2, 0, 0, 2, 0], mode: "reflect" })],
  },
  Slice: {
    opset: 9,
    nodes: [node("Slice", ["x"], ["y"], { starts: [1, 0], ends: [3, 1000], axes: [3, 1] })],
  },
  TopK: {
    opset: 9,
    nodes: [node("TopK", ["x"], ["y", "i"], { k: 2, axis: 3 })],
    outputs: ["y", "i"],
  },
  "Dropout that passes through": {
    opset: 7,
    nodes: [node("Dropout", ["x"], ["y"], { ratio: float(0.3) })],
  },
  "Upsample by attribute": {
    opset: 7,
    nodes: [
      node("Upsample", ["x"], ["y"], {
        mode: "nearest",
        scales: Float32Array.of(1, 1, 2, 3),
      }),
    ],
  },
  "Upsample by input": {
    opset: 9,
    nodes: [node("Upsample", ["x", "s"], ["y"], { mode: "linear" })],
    initializers: [float32("s", 1, 1, 2, 1.5)],
  },
  "Resize that enlarges": {
    opset: 10,
    nodes: [node("Resize", ["x", "s"], ["y"], { mode: "nearest" })],
    initializers: [float32("s", 1, 1, 1.7, 2.4)],
  },
  "Resize that reduces": {
    opset: 10,
    nodes: [node("Resize", ["x", "s"], ["y"], { mode: "nearest" })],
    initializers: [float32("s", 1, 1, 0.6, 0.5)],
  },
  "linear Resize": {
    opset: 10,
    nodes: [node("Resize", ["x", "s"], ["y"], { mode: "linear" })],
    initializers: [float32("s", 1, 1, 0.6, 2)],
  },
  "newer Resize": {
    opset: 11,
    nodes: [
      node("Resize", ["x", "r", "s"], ["y"], {
        mode: "cubic",
        coordinate_transformation_mode: "align_corners",
      }),
    ],
    initializers: [float32("s", 1, 1, 2, 2), float32("r")],
  },
  Scatter: {
    opset: 9,
    nodes: [node("Scatter", ["x", "i", "u"], ["y"], { axis: 3 })],
    initializers: [
      tensor("i", "INT64", [1, 1, 1, 2], new BigInt64Array([1n, 3n])),
      tensor("u", "FP32", [1, 1, 1, 2], Float32Array.of(7, 8)),
    ],
  },
  "Softmax over several axes": { opset: 7, nodes: [node("Softmax", ["x"], ["y"])] },
  "Softmax over several axes of unknown length": {
    opset: 12,
    nodes: [node("Softmax", ["x"], ["y"], { axis: 2 })],
    declared: ["?", "?", "?", "?"],
  },
  "LogSoftmax over the last axis": {
    opset: 7,
    nodes: [node("LogSoftmax", ["x"], ["y"], { axis: 3 })],
  },
  "Hardmax over several axes": { opset: 11, nodes: [node("Hardmax", ["x"], ["y"], { axis: -2 })] },
  "Squeeze and Unsqueeze": {
    opset: 7,
    nodes: [
      node("Unsqueeze", ["x"], ["u"], { axes: [0, 2] }),
      node("Squeeze", ["u"], ["s"], { axes: [2] }),
      node("Squeeze", ["s"], ["y"]),
    ],
  },
  "ReduceSum and others": {
    opset: 11,
    nodes: [
      node("ReduceSum", ["x"], ["a"], { axes: [1, -1], keepdims: 0 }),
      node("ReduceMax", ["x"], ["b"], { axes: [1, 3], keepdims: 0 }),
      node("ReduceL2", ["x"], ["c"]),
      node("Add", ["a", "b"], ["d"]),
      node("Add", ["d", "c"], ["y"]),
    ],
  },
  "Split by lengths": {
    opset: 7,
    nodes: [
      node("Split", ["x"], ["a", "b"], { axis: 3, split: [2, 3] }),
      node("Concat", ["b", "a"], ["y"], { axis: 3 }),
    ],
  },
  "Split into equal parts": {
    opset: 11,
    nodes: [node("Split", ["x"], ["a", "b"], { axis: 2 }), node("Sub", ["a", "b"], ["y"])],
  },
  BatchNormalization: {
    opset: 7,
    nodes: [node("BatchNormalization", ["x", "g", "b", "m", "v"], ["y"], { spatial: 1 })],
    initializers: [
      float32("g", 1, 2, 3),
      float32("b", 0.1, 0.2, 0.3),
      float32("m", 0.5, -0.5, 0),
      float32("v", 1, 2, 0.5),
    ],
  },
  "average and max pools": {
    opset: 7,
    nodes: [
      node("AveragePool", ["x"], ["a"], {
        kernel_shape: [2, 2],
        pads: [1, 0, 0, 1],
        count_include_pad: 1,
      }),
      node("MaxPool", ["a"], ["y"], { kernel_shape: [2, 2], strides: [2, 1] }),
    ],
  },
  "average pool that rounds up": {
    opset: 11,
    nodes: [
      node("AveragePool", ["x"], ["y"], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        ceil_mode: 1,
      }),
    ],
  },
  GridSample: {
    opset: 16,
    nodes: [node("GridSample", ["x", "grid"], ["y"], { mode: "bicubic", align_corners: 1 })],
    initializers: [
      tensor(
        "grid",
        "FP32",
        [2, 2, 2, 2],
        Float32Array.from({ length: 16 }, (_, at) => Math.cos(at)),
      ),
    ],
  },
  RoiAlign: {
    opset: 10,
    nodes: [node("RoiAlign", ["x", "rois", "batch"], ["y"], { output_height: 2, output_width: 2 })],
    initializers: [
      tensor("rois", "FP32", [1, 4], Float32Array.of(0.5, 0.5, 3, 3)),
      int64("batch", 1),
    ],
  },
  "a file of IR version 3": {
    opset: 7,
    irVersion: 3,
    nodes: [node("Mul", ["x", "w"], ["m"]), node("Clip", ["m"], ["y"], { min: float(0) })],
    initializers: [float32("w", 1, 2, 3, 4, 5)],
  },
};

function build({ opset, nodes, initializers = [], outputs = ["y"], ...rest }: Case): Model {
  const { declared, irVersion = 8 } = rest;
  const listed = irVersion < 4 ? initializers.map(({ name = "", dims }) => input(name, dims)) : [];
  return model({
    irVersion,
    opset: { "": opset },
    inputs: [input("x", declared), ...listed],
    outputs: outputs.map((name) => ({ name })),
    initializers,
    nodes,
  });
}

for (const [what, parts] of Object.entries(CASES)) {
  test(`${what}: gives the same in opsets 13, 17 and 21`, async () => {
    const before = build(parts);
    assert.deepEqual(checkGraph(before), []);
    const x = values(SHAPE);
    const expected = await runModel(before, { x });
    for (const to of [13, 17, 21].filter((version) => version > parts.opset)) {
      const { model: after, changes, skipped } = upgradeOpset(before, to);
      assert.deepEqual(skipped, []);
      assert.match(changes[0] ?? "", new RegExp(`^opset ${parts.opset} upgraded to ${to}`));
      assert.deepEqual(checkGraph(after), []);
      // Newer kernels may add up in another order.
      assertClose(await runModel(after, { x }), expected, 1e-6, `opset ${to}`);
    }
  });
}

test("a bound of Clip takes the type of what it bounds", async () => {
  const before = model({
    opset: { "": 7 },
    inputs: [{ name: "x", datatype: "FP16", shape: [2] }],
    outputs: [{ name: "y", datatype: "FP16", shape: [2] }],
    nodes: [node("Clip", ["x"], ["y"], { min: float(0.5) })],
  });
  const { model: after } = upgradeOpset(before, 13);
  const x = { datatype: "FP16", shape: [2], data: Uint16Array.of(0x3c00, 0xbc00) } as const;
  const { data } = (await runModel(after, { x })).get("y")!;
  assert.deepEqual(Array.from(new Uint16Array((data as Uint16Array).buffer)), [0x3c00, 0x3800]);
});

test("a branch is upgraded with values of its own", async () => {
  const branch = (name: string, axis: number) =>
    graph({
      inputs: [],
      outputs: [{ name }],
      nodes: [
        node("Unsqueeze", ["x"], [`${name}_u`], { axes: [axis] }),
        node("ReduceSum", [`${name}_u`], [name], { axes: [axis] }),
      ],
    });
  const before = model({
    opset: { "": 11 },
    inputs: [input("x"), { name: "c", datatype: "BOOL", shape: [] }],
    outputs: [{ name: "y" }],
    nodes: [node("If", ["c"], ["y"], { then_branch: branch("t", 0), else_branch: branch("e", 1) })],
  });
  const { model: after } = upgradeOpset(before, 13);
  assert.deepEqual(checkGraph(after), []);
  for (const c of [0, 1]) {
    const feeds = {
      x: values(SHAPE),
      c: { datatype: "BOOL", shape: [], data: Uint8Array.of(c) } as const,
    };
    assert.deepEqual(await runModel(after, feeds), await runModel(before, feeds));
  }
});

/** Graphs that stay as they are, with why. */
const REFUSED: Readonly<Record<string, { parts: Case; reason: RegExp }>> = {
  "statistics that differ by place": {
    parts: {
      opset: 7,
      nodes: [node("BatchNormalization", ["x", "x", "x", "x", "x"], ["y"], { spatial: 0 })],
    },
    reason: /^in opset 9: statistics that differ by place/,
  },
  "a mask that is read": {
    parts: { opset: 7, nodes: [node("Dropout", ["x"], ["d", "y"])] },
    reason: /^in opset 10: the type of its mask changed$/,
  },
  "factors that are not constant": {
    parts: { opset: 10, nodes: [node("Resize", ["x", "x"], ["y"])] },
    reason: /^in opset 11: how it rounds/,
  },
  "training's outputs": {
    parts: {
      opset: 9,
      nodes: [node("BatchNormalization", ["x", "x", "x", "x", "x"], ["n", "y"])],
    },
    reason: /^in opset 14: its statistics are outputs/,
  },
  "a version that is too old": {
    parts: { opset: 6, nodes: [node("Neg", ["x"], ["y"])] },
    reason: /^opset 6 is older than 7$/,
  },
};

for (const [what, { parts, reason }] of Object.entries(REFUSED)) {
  test(`${what}: the whole model stays, and the reason is told`, () => {
    const before = build(parts);
    const { model: after, changes, skipped } = upgradeOpset(before, 17);
    assert.equal(after, before);
    assert.deepEqual(changes, []);
    assert.match(skipped[0]?.reason ?? "", reason);
  });
}

test("a model of that version stays, and an impossible version is an error", () => {
  const before = build({ opset: 17, nodes: [node("Neg", ["x"], ["y"])] });
  assert.deepEqual(upgradeOpset(before, 13), { model: before, changes: [], skipped: [] });
  assert.throws(() => upgradeOpset(before, 12), RangeError);
});

test("functions of an older model are inlined", async () => {
  const base = build({ opset: 11, nodes: [node("Middle", ["x"], ["y"], {}, "local")] });
  const before: Model = {
    ...base,
    opsetImports: [{ version: 11 }, { domain: "local", version: 1 }],
    functions: [
      {
        name: "Middle",
        domain: "local",
        inputs: ["a"],
        outputs: ["b"],
        nodes: [node("ReduceSum", ["a"], ["b"], { axes: [1] })],
        opsetImports: [{ version: 11 }],
      },
    ],
  };
  const { model: after } = upgradeOpset(before, 17);
  assert.deepEqual(checkGraph(after), []);
  const x = values(SHAPE);
  assert.deepEqual(await runModel(after, { x }), await runModel(before, { x }));
});
