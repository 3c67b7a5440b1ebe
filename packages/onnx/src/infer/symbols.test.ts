import assert from "node:assert/strict";
import { test } from "node:test";
import { statedShape } from "../../../../test/support/inferred.ts";
import type { Datatype, Dimension } from "@longshore/core";
import { model, node, tensor, tensorType, type AttributeValue } from "../build.ts";
import type { Model, Node, TensorProto, ValueInfo } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

const integers = (name: string, values: readonly number[], dims = [values.length]): TensorProto =>
  tensor(name, "INT64", dims, BigInt64Array.from(values, BigInt));
const input = (name: string, shape: readonly Dimension[], datatype: Datatype = "FP32") => ({
  name,
  datatype,
  shape,
});

interface Case {
  readonly operator: string;
  readonly opset?: number;
  /** Shapes of the inputs, or constants. */
  readonly inputs: readonly (readonly Dimension[] | readonly [TensorProto])[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Shape of each output. */
  readonly gives: readonly (readonly Dimension[] | undefined)[];
}

const list = (...values: number[]): readonly [TensorProto] => [integers("", values)];

const CASES: readonly Case[] = [
  { operator: "Add", inputs: [["N", 3], [3]], gives: [["N", 3]] },
  { operator: "Add", inputs: [["N", 1], ["M"]], gives: [["N", "M"]] },
  { operator: "Add", inputs: [["N"], ["M"]], gives: [["?"]] },
  {
    operator: "Add",
    inputs: [
      ["N", 5],
      ["N", 1],
    ],
    gives: [["N", 5]],
  },
  { operator: "Add", inputs: [["N"], [5]], gives: [[5]] },
  { operator: "Add", opset: 6, inputs: [["N", 3, 4], [3]], gives: [["N", 3, 4]] },
  {
    operator: "MatMul",
    inputs: [
      ["B", "T", 8],
      [8, 2],
    ],
    gives: [["B", "T", 2]],
  },
  { operator: "MatMul", inputs: [[8], [8, 2]], gives: [[2]] },
  {
    operator: "MatMul",
    inputs: [
      ["B", 1, "T", 8],
      [4, 8, "T"],
    ],
    gives: [["B", 4, "T", "T"]],
  },
  {
    operator: "Conv",
    inputs: [
      ["N", 3, "H", 32],
      [8, 3, 3, 3],
    ],
    attributes: { pads: [1, 1, 1, 1] },
    gives: [["N", 8, "H", 32]],
  },
  {
    operator: "Conv",
    inputs: [
      ["N", 3, "H", 32],
      [8, 3, 3, 3],
    ],
    attributes: { strides: [2, 2] },
    gives: [["N", 8, "?", 15]],
  },
  {
    operator: "MaxPool",
    opset: 12,
    // The second window would begin behind the data.
    inputs: [["N", 1, 2]],
    attributes: { kernel_shape: [2], strides: [2], pads: [0, 1], ceil_mode: 1 },
    gives: [["N", 1, 1]],
  },
  { operator: "Flatten", inputs: [["N", 3, 4]], gives: [["N", 12]] },
  { operator: "Flatten", inputs: [[2, "N", 4]], gives: [[2, "?"]] },
  { operator: "Reshape", inputs: [["N", 3, 4], list(0, -1)], gives: [["N", 12]] },
  { operator: "Reshape", inputs: [["N", 3, 4], list(-1, 12)], gives: [["N", 12]] },
  { operator: "Reshape", inputs: [["N", 3, 4], list(-1, 2, 2, 3)], gives: [["N", 2, 2, 3]] },
  { operator: "Reshape", inputs: [["?", "T", 8], list(0, 0, 2, -1)], gives: [["?", "T", 2, 4]] },
  { operator: "Reshape", inputs: [["N", "T", 8], list(-1, 8)], gives: [["?", 8]] },
  {
    operator: "Concat",
    inputs: [
      ["N", 3],
      ["?", 5],
    ],
    attributes: { axis: 1 },
    gives: [["N", 8]],
  },
  {
    operator: "Concat",
    inputs: [
      ["N", 3],
      ["M", 3],
    ],
    attributes: { axis: 0 },
    gives: [["?", 3]],
  },
  { operator: "Slice", inputs: [["N", 9], list(1), list(4), list(1)], gives: [["N", 3]] },
  { operator: "Slice", inputs: [["N", 9], list(0), list(2 ** 40), list(0)], gives: [["N", 9]] },
  { operator: "Slice", inputs: [["N", 9], list(1), list(2 ** 40), list(0)], gives: [["?", 9]] },
  {
    operator: "Slice",
    inputs: [["N", 9], list(-1), list(-(2 ** 40)), list(0), list(-1)],
    gives: [["N", 9]],
  },
  { operator: "Slice", inputs: [[4, 9], ["?"], ["?"], list(1)], gives: [[4, "?"]] },
  { operator: "Slice", inputs: [[4, 9], ["K"], ["K"], ["K"]], gives: [["?", "?"]] },
  {
    operator: "Squeeze",
    opset: 11,
    inputs: [[1, "N", 1]],
    attributes: { axes: [0, -1] },
    gives: [["N"]],
  },
  { operator: "Squeeze", inputs: [[1, "N"]], gives: [undefined] },
  { operator: "Squeeze", inputs: [["N", "M", 1], [1]], gives: [["?", "?"]] },
  { operator: "Unsqueeze", inputs: [["N"], list(0, -1)], gives: [[1, "N", 1]] },
  { operator: "Unsqueeze", inputs: [["N"], [2]], gives: [["?", "?", "?"]] },
  { operator: "Expand", inputs: [["N", 1], list(1, 7)], gives: [["N", 7]] },
  { operator: "Expand", inputs: [["N"], [3]], gives: [["?", "?", "?"]] },
  { operator: "Tile", inputs: [["N", 2], list(1, 3)], gives: [["N", 6]] },
  { operator: "Transpose", inputs: [["A", "B", 3]], gives: [[3, "B", "A"]] },
  {
    operator: "Gather",
    inputs: [
      ["V", 8],
      ["B", "T"],
    ],
    gives: [["B", "T", 8]],
  },
  {
    operator: "GatherND",
    inputs: [
      ["B", 4, 5],
      ["B", 7, 1],
    ],
    attributes: { batch_dims: 1 },
    gives: [["B", 7, 5]],
  },
  {
    operator: "ReduceMean",
    inputs: [["N", "C", 4]],
    attributes: { axes: [2], keepdims: 0 },
    gives: [["N", "C"]],
  },
  { operator: "ReduceSum", inputs: [["N", "C", 4], [1]], gives: [["?", "?", "?"]] },
  {
    operator: "ReduceSum",
    inputs: [["N", "C", 4], [1]],
    attributes: { keepdims: 0 },
    gives: [["?", "?"]],
  },
  {
    operator: "ReduceSum",
    inputs: [["N", 4], list()],
    attributes: { noop_with_empty_axes: 1 },
    gives: [["N", 4]],
  },
  { operator: "Pad", inputs: [["N", 4], list(0, 1, 0, 2)], gives: [["N", 7]] },
  { operator: "Pad", inputs: [["N", 4], [4]], gives: [["?", "?"]] },
  {
    operator: "Einsum",
    inputs: [
      ["B", "T", 8],
      [8, "K"],
    ],
    attributes: { equation: "bth,hk->btk" },
    gives: [["B", "T", "K"]],
  },
  { operator: "ConstantOfShape", inputs: [["R"]], gives: [undefined] },
  { operator: "Range", inputs: [[], [], []], gives: [["?"]] },
  {
    operator: "LSTM",
    inputs: [
      ["T", "N", 5],
      [1, 32, 5],
      [1, 32, 8],
    ],
    gives: [
      ["T", 1, "N", 8],
      [1, "N", 8],
      [1, "N", 8],
    ],
  },
  {
    operator: "GRU",
    opset: 14,
    inputs: [
      ["N", "T", 5],
      [2, 24, 5],
      [2, 24, 8],
    ],
    attributes: { direction: "bidirectional", layout: 1 },
    gives: [
      ["N", "T", 2, 8],
      ["N", 2, 8],
    ],
  },
  {
    operator: "com.microsoft:MatMulNBits",
    inputs: [
      ["N", "T", 64],
      [32, 2, 16],
    ],
    attributes: { K: 64, N: 32 },
    gives: [["N", "T", 32]],
  },
  {
    operator: "com.microsoft:EmbedLayerNormalization",
    inputs: [
      ["B", "T"],
      ["B", "T"],
      [100, 16],
    ],
    gives: [["B", "T", 16], ["B"]],
  },
  { operator: "no.such:Thing", inputs: [["N"]], gives: [undefined] },
];

test("symbols are carried along, and nothing is claimed that a length could break", () => {
  for (const { operator, opset = 17, inputs, attributes = {}, gives } of CASES) {
    const [opType = "", domain = ""] = operator.split(":").toReversed();
    const names = inputs.map((_, index) => `x${index}`);
    const constants = inputs.flatMap(([first], index) =>
      typeof first === "object" ? [{ ...first, name: `x${index}` }] : [],
    );
    const given = inputs.flatMap((shape, index) =>
      typeof shape[0] === "object" ? [] : [input(`x${index}`, shape as Dimension[])],
    );
    const outputs = gives.map((_, index) => `y${index}`);
    const inferred = inferShapes(
      model({
        opset: { "": opset, ...(domain && { [domain]: 1 }) },
        inputs: given,
        outputs: outputs.map((name) => ({ name })),
        initializers: constants,
        nodes: [node(opType, names, outputs, attributes, domain)],
      }),
    );
    const found = outputs.map((name) => statedShape(inferred, name));
    assert.deepEqual(
      found,
      gives,
      `${operator}(${inputs.map((shape) => `[${shape.join()}]`).join()})`,
    );
  }
});

/** Infers a chain of nodes from an FP32 input `x` and INT64 constants. */
function chain(
  shape: readonly Dimension[],
  nodes: readonly Node[],
  constants: readonly TensorProto[] = [],
  infos: readonly ValueInfo[] = [],
): Model {
  const made = model({
    inputs: [input("x", shape)],
    outputs: [{ name: "y" }],
    nodes,
    initializers: constants,
  });
  return inferShapes({ ...made, graph: { ...made.graph, valueInfos: [...infos] } });
}

test("lengths that a graph calculates are followed: heads of an attention", () => {
  const inferred = chain(
    ["batch", "time", 64],
    [
      node("Shape", ["x"], ["shape"]),
      node("Gather", ["shape", "zero"], ["batch"]),
      node("Gather", ["shape", "one"], ["time"]),
      node("Gather", ["shape", "two"], ["width"]),
      node("Div", ["width", "heads"], ["size"]),
      node("Unsqueeze", ["batch", "axis"], ["a"]),
      node("Unsqueeze", ["time", "axis"], ["b"]),
      node("Unsqueeze", ["size", "axis"], ["c"]),
      node("Concat", ["a", "b", "list", "c"], ["target"], { axis: 0 }),
      node("Reshape", ["x", "target"], ["split"]),
      node("Transpose", ["split"], ["y"], { perm: [0, 2, 1, 3] }),
    ],
    [
      integers("zero", [0], []),
      integers("one", [1], []),
      integers("two", [2], []),
      integers("heads", [8], []),
      integers("axis", [0]),
      integers("list", [8]),
    ],
  );
  assert.deepEqual(statedShape(inferred, "split"), ["batch", "time", 8, 8]);
  assert.deepEqual(statedShape(inferred, "y"), ["batch", 8, "time", 8]);
});

test("expand as PyTorch exports it: -1 stands for the length that is there", () => {
  const inferred = chain(
    ["N", 1, 4],
    [
      node("Shape", ["x"], ["first"], { end: 1 }),
      node("Concat", ["first", "others"], ["wanted"], { axis: 0 }),
      node("ConstantOfShape", ["rank"], ["ones"], { value: integers("", [1]) }),
      node("Mul", ["ones", "minus"], ["open"]),
      node("Equal", ["wanted", "open"], ["isOpen"]),
      node("Where", ["isOpen", "ones", "wanted"], ["target"]),
      node("ConstantOfShape", ["target"], ["y"]),
    ],
    [integers("rank", [3]), integers("minus", [-1], []), integers("others", [6, -1])],
  );
  assert.deepEqual(statedShape(inferred, "y"), ["N", 6, 1]);
});

test("sizes that go through floating-point numbers, as interpolation has them", () => {
  const inferred = chain(
    [1, 3, 10, 15],
    [
      node("Shape", ["x"], ["shape"], { start: 2 }),
      node("Cast", ["shape"], ["lengths"], { to: 1 }),
      node("Mul", ["lengths", "factor"], ["scaled"]),
      node("Floor", ["scaled"], ["floored"]),
      node("Cast", ["floored"], ["sizes"], { to: 7 }),
      node("Concat", ["front", "sizes"], ["all"], { axis: 0 }),
      node("Resize", ["x", "", "", "all"], ["y"]),
    ],
    [tensor("factor", "FP32", [], Float32Array.of(1.5)), integers("front", [1, 3])],
  );
  assert.deepEqual(statedShape(inferred, "y"), [1, 3, 15, 22]);
});

test("an axis without a name is still one and the same axis", () => {
  const inferred = chain(
    ["?", 6, 4],
    [
      node("Relu", ["x"], ["r"]),
      node("Shape", ["r"], ["shape"]),
      node("Slice", ["shape", "zero", "one"], ["first"]),
      node("Concat", ["first", "list"], ["target"], { axis: 0 }),
      node("Reshape", ["x", "target"], ["y"]),
    ],
    [integers("zero", [0]), integers("one", [1]), integers("list", [-1])],
  );
  assert.deepEqual(statedShape(inferred, "y"), ["?", 24]);
});

test("a statement of the file counts where nothing better is known, and not where it is stale", () => {
  const stated = (name: string, shape: readonly Dimension[]): ValueInfo => ({
    name,
    type: tensorType("FP32", shape),
  });
  const inferred = chain(
    ["N", 4],
    [
      node("Thing", ["x"], ["t"], {}, "no.such"),
      node("Relu", ["t"], ["r"]),
      node("Flatten", ["x"], ["f"]),
      node("Neg", ["f"], ["y"]),
    ],
    [],
    // Traced with one row of eight, before somebody edited the input.
    [stated("t", ["N", 7]), stated("f", [1, 8])],
  );
  assert.deepEqual(statedShape(inferred, "r"), ["N", 7]);
  assert.deepEqual(statedShape(inferred, "f"), ["N", 4]);
  assert.deepEqual(statedShape(inferred, "y"), ["N", 4]);
});

test("a default that a caller may override tells its type, not its elements", () => {
  const built = (irVersion: number): Model =>
    inferShapes(
      model({
        irVersion,
        inputs: [input("x", ["N", 6]), input("target", [2], "INT64")],
        outputs: [{ name: "y" }],
        initializers: [integers("target", [-1, 3])],
        nodes: [node("Reshape", ["x", "target"], ["y"])],
      }),
    );
  assert.deepEqual(statedShape(built(8), "y"), ["?", "?"]);
  assert.deepEqual(statedShape(built(3), "y"), ["?", 3]);
});

test("the given model is not changed, and nodes without subgraphs are the same ones", () => {
  const made = model({
    inputs: [input("x", ["N", 4])],
    outputs: [input("y", ["N", "?"])],
    nodes: [node("Relu", ["x"], ["r"]), node("Neg", ["r"], ["y"])],
  });
  const copy = structuredClone(made);
  const inferred = inferShapes(made);
  assert.deepEqual(made, copy);
  assert.deepEqual(statedShape(inferred, "y"), ["N", 4]);
  assert.ok(inferred.graph.nodes.every((each, index) => each === made.graph.nodes[index]));
});
