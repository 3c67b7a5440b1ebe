import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import {
  assertNear,
  assertSound,
  fp32,
  values,
  weights,
} from "../../../../../test/support/half.ts";
import { runModel } from "../../../../../test/support/ort.ts";
import { graph, model, node, tensor, type GraphParts, type ModelParts } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { intAttribute } from "../../graph/attributes.ts";
import type { Model, Node } from "../../proto/types.ts";
import { toFloat16 } from "./toFloat16.ts";

const identity = (size: number): number[] =>
  Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));

/** A graph from `x` FP32[N,4] to `y`, with a product by the unit matrix in front: `p` equals `x`. */
function after(parts: Partial<GraphParts> & ModelParts & { nodes: Node[] }): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 4] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 4] }],
    ...parts,
    initializers: [weights("unit", [4, 4], identity(4)), ...(parts.initializers ?? [])],
    nodes: [node("MatMul", ["x", "unit"], ["p"]), ...parts.nodes],
  });
}

async function run(before: Model, x: Tensor): Promise<{ got: number[]; expected: number[] }> {
  const converted = toFloat16(before);
  assertSound(before, converted.model);
  const [a, b] = [await runModel(converted.model, { x }), await runModel(before, { x })];
  return { got: values(a.get("y")!), expected: values(b.get("y")!) };
}

/** The operators in the order of the graph, casts by their direction. */
function operators({ graph: { nodes } }: Model): string[] {
  return nodes.map((made) =>
    made.opType === "Cast"
      ? intAttribute(made, "to", 0) === 10
        ? "narrow"
        : "widen"
      : made.opType,
  );
}

test("all between the first cast and the last is in FP16, weights too", async () => {
  const before = after({
    initializers: [weights("bias", [4], [1, 2, 3, 4])],
    nodes: [node("Add", ["p", "bias"], ["a"]), node("Relu", ["a"], ["y"])],
  });
  const converted = toFloat16(before);
  assertSound(before, converted.model);
  assert.deepEqual(operators(converted.model), ["narrow", "MatMul", "Add", "Relu", "widen"]);
  assert.ok(converted.model.graph.initializers.every(({ dataType }) => dataType === 10));
  assert.deepEqual(converted.changes, ["3 of 3 floating-point nodes compute in FP16"]);
  assert.deepEqual(converted.skipped, []);
  const { got } = await run(before, fp32([1, 4], [0.5, -3, 1, -5]));
  assert.deepEqual(got, [1.5, 0, 4, 0]);
});

test("a node that is to be kept stays, between one cast each way", () => {
  const before = after({ nodes: [node("Relu", ["p"], ["r"]), node("Neg", ["r"], ["y"])] });
  const { model: half } = toFloat16(before, { keep: new Set(["r"]) });
  assert.deepEqual(operators(half), ["narrow", "MatMul", "widen", "Relu", "Neg"]);
});

test("a model without products is left alone, and so is one in FP16", () => {
  const plain = model({
    inputs: [{ name: "x", datatype: "FP32", shape: [4] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [4] }],
    nodes: [node("Relu", ["x"], ["y"])],
  });
  assert.equal(toFloat16(plain).model, plain);
  const once = toFloat16(after({ nodes: [node("Relu", ["p"], ["y"])] })).model;
  assert.equal(toFloat16(once).model, once);
});

test("weights beyond the range keep their node; small ones are counted", async () => {
  const before = after({
    initializers: [
      weights("large", [4], [1, 70_000, 1, 1]),
      weights("small", [4], [1e-9, 1e-6, 1, 0]),
    ],
    nodes: [
      node("Mul", ["p", "large"], ["m"]),
      node("MatMul", ["m", "unit"], ["q"]),
      node("Add", ["q", "small"], ["y"]),
    ],
  });
  const { changes, skipped } = toFloat16(before);
  assert.deepEqual(skipped, [
    { node: "m", opType: "Mul", reason: '"large" holds 70000, and FP16 ends at 65504' },
  ]);
  assert.equal(changes[1], "of 20 constant numbers, 1 lose bits below 2^-14 and 1 become 0");
  const { got, expected } = await run(before, fp32([1, 4], [1, 0.5, 1, 1]));
  assert.deepEqual(got.map(Math.round), expected.map(Math.round));
});

test("masks of the most negative number keep attention as it is, rows that are all masked too", async () => {
  const before = after({
    initializers: [
      weights("lowest", [1], [-3.4028234663852886e38]),
      tensor("hidden", "BOOL", [2, 4], new Uint8Array([0, 1, 0, 1, 1, 1, 1, 1])),
    ],
    nodes: [
      node("Where", ["hidden", "lowest", "p"], ["masked"]),
      node("Softmax", ["masked"], ["shares"], { axis: -1 }),
      node("MatMul", ["shares", "unit"], ["y"]),
    ],
  });
  const { got, expected } = await run(before, fp32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]));
  assertNear(got, expected, 2 ** -10);
  assert.deepEqual(got.slice(4), [0.25, 0.25, 0.25, 0.25]);
});

test("a mean of squares does not overflow: FP32 until its root", async () => {
  const squares: [string, Node][] = [
    ["Pow", node("Pow", ["p", "two"], ["s"])],
    ["Mul", node("Mul", ["p", "p"], ["s"])],
  ];
  for (const [opType, square] of squares) {
    const before = after({
      initializers: [weights("two", [], [2]), weights("epsilon", [], [1e-6])],
      nodes: [
        square,
        node("ReduceMean", ["s"], ["m"], { axes: [-1] }),
        node("Add", ["m", "epsilon"], ["e"]),
        node("Sqrt", ["e"], ["root"]),
        node("Div", ["p", "root"], ["n"]),
        node("MatMul", ["n", "unit"], ["y"]),
      ],
    });
    const { skipped } = toFloat16(before);
    assert.deepEqual(
      skipped.map((kept) => kept.opType),
      [opType, "ReduceMean", "Add", "Sqrt"],
    );
    const { got, expected } = await run(before, fp32([1, 4], [3000, -2000, 100, 1]));
    assertNear(got, expected, 2 ** -9);
  }
});

test("bounds beyond the range bound nothing", async () => {
  const before = after({
    initializers: [weights("low", [], [0]), weights("high", [], [3.4e38])],
    nodes: [node("Clip", ["p", "low", "high"], ["y"])],
  });
  assert.deepEqual(toFloat16(before).skipped, []);
  const { got } = await run(before, fp32([1, 4], [-1, 0, 1, 60_000]));
  assert.deepEqual(got, [0, 0, 1, 60_000]);
});

test("what becomes a whole number, a size or an angle is computed in FP32", async () => {
  const angles = after({
    initializers: [weights("step", [1], [0.37])],
    nodes: [node("Mul", ["p", "step"], ["angle"]), node("Sin", ["angle"], ["y"])],
  });
  const { got, expected } = await run(angles, fp32([1, 4], [1, 1001, 2047, 5]));
  assertNear(got, expected, 1e-6);
  const index = after({
    outputs: [{ name: "y", datatype: "INT64", shape: ["N", 4] }],
    initializers: [weights("one", [], [1])],
    nodes: [node("Add", ["x", "one"], ["next"]), node("Cast", ["next"], ["y"], { to: 7 })],
  });
  const indices = await run(index, fp32([1, 4], [2049, 3001, 5, 65_537]));
  assert.deepEqual(indices.got, [2050, 3002, 6, 65_538]);
});

test("a cast to FP32 gives FP16 directly to who wants it, and shapes are read where they are", async () => {
  const before = after({
    inputs: [{ name: "x", datatype: "INT32", shape: ["N", 4] }],
    nodes: [],
  });
  before.graph.nodes = [
    node("Cast", ["x"], ["f"], { to: 1 }),
    node("MatMul", ["f", "unit"], ["p"]),
    node("Shape", ["p"], ["shape"]),
    node("ConstantOfShape", ["shape"], ["zeros"]),
    node("Add", ["p", "zeros"], ["y"]),
  ];
  const { model: half } = toFloat16(before);
  assert.deepEqual(operators(half).toSorted(), [
    "Add",
    "ConstantOfShape",
    "MatMul",
    "Shape",
    "narrow",
    "widen",
  ]);
  const x: Tensor = { datatype: "INT32", shape: [1, 4], data: new Int32Array([1, 2, 3, 4]) };
  assert.deepEqual((await run(before, x)).got, [1, 2, 3, 4]);
});

test("scales of Resize stay in FP32, also where they are computed", async () => {
  const before = after({
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 1, 2, "W"] }],
    initializers: [
      tensor("image", "INT64", [4], new BigInt64Array([0n, 1n, 2n, 2n])),
      weights("factor", [1], [1.5]),
      weights("ones", [3], [1, 1, 1]),
    ],
    nodes: [
      node("Reshape", ["p", "image"], ["i"]),
      node("Identity", ["factor"], ["f"]),
      node("Concat", ["ones", "f"], ["scales"], { axis: 0 }),
      node("Resize", ["i", "", "scales"], ["y"], { mode: "nearest" }),
    ],
  });
  const { got, expected } = await run(before, fp32([1, 4], [1, 2, 3, 4]));
  assert.deepEqual(got, expected);
});

test("branches and loop bodies are converted inside, and read what is captured in FP16", async () => {
  const branch = (name: string, ...nodes: Node[]) =>
    graph({ name, inputs: [], outputs: [{ name, datatype: "FP32", shape: ["N", 4] }], nodes });
  const body = graph({
    name: "body",
    inputs: [
      { name: "step", datatype: "INT64", shape: [] },
      { name: "go", datatype: "BOOL", shape: [] },
      { name: "state", datatype: "FP32", shape: ["N", 4] },
    ],
    outputs: [
      { name: "go_on", datatype: "BOOL", shape: [] },
      { name: "next", datatype: "FP32", shape: ["N", 4] },
    ],
    nodes: [
      node("Identity", ["go"], ["go_on"]),
      node("MatMul", ["state", "double"], ["doubled"]),
      node("Add", ["doubled", "chosen"], ["next"]),
    ],
  });
  const before = after({
    initializers: [
      weights(
        "double",
        [4, 4],
        identity(4).map((value) => 2 * value),
      ),
      tensor("three", "INT64", [], new BigInt64Array([3n])),
      tensor("yes", "BOOL", [], new Uint8Array([1])),
    ],
    nodes: [
      node("Relu", ["p"], ["r"]),
      node("If", ["yes"], ["chosen"], {
        then_branch: branch("then", node("MatMul", ["r", "double"], ["then"])),
        else_branch: branch("else", node("Neg", ["x"], ["else"])),
      }),
      node("Loop", ["three", "yes", "x"], ["y"], { body }),
    ],
  });
  const { model: half } = toFloat16(before);
  const matrices = half.graph.initializers.filter(({ dims }) => dims.length === 2);
  assert.deepEqual(
    matrices.map(({ dataType }) => dataType),
    [10, 10],
    "one copy of each, in FP16",
  );
  const { got, expected } = await run(before, fp32([2, 4], [1, -2, 3, 4, 0.5, 6, 7, 8]));
  assert.deepEqual(got, expected);
});

test("what cannot be told to be FP32 is left", () => {
  const before = after({
    opset: { "": 17, "my.domain": 1 },
    nodes: [node("Mystery", ["p"], ["m"], {}, "my.domain"), node("Mul", ["m", "p"], ["y"])],
  });
  const converted = toFloat16(before);
  assert.deepEqual(checkGraph(converted.model), []);
  assert.deepEqual(
    converted.skipped.map(({ opType, reason }) => [opType, reason]),
    [
      ["Mystery", "no FP16 form of it is known"],
      ["Mul", 'the type of "m" is not known'],
    ],
  );
});

test("weights in a file that was not read stay where they are", () => {
  const before = after({ nodes: [node("Relu", ["p"], ["y"])] });
  const [unit] = before.graph.initializers;
  const { rawData: _, ...head } = unit!;
  before.graph.initializers = [
    { ...head, dataLocation: 1, externalData: [{ key: "location", value: "weights.bin" }] },
  ];
  const { model: same, skipped } = toFloat16(before);
  assert.equal(same, before);
  assert.match(skipped[0]!.reason, /weights are not in the model's file/);
});
