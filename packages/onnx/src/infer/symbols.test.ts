/** What each operator gives for shapes with symbols in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { statedShape } from "../../../../test/support/inferred.ts";
import type { Dimension } from "@longshore/core";
import { model, node, tensor, type AttributeValue } from "../build.ts";
import type { TensorProto } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

interface Case {
  readonly operator: string;
  readonly opset?: number;
  /** Shapes of the inputs, or constants. */
  readonly inputs: readonly (readonly Dimension[] | readonly [TensorProto])[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Shape of each output. */
  readonly gives: readonly (readonly Dimension[] | undefined)[];
}

const list = (...values: number[]): readonly [TensorProto] => [
  tensor("", "INT64", [values.length], BigInt64Array.from(values, BigInt)),
];

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
      typeof shape[0] === "object"
        ? []
        : [{ name: `x${index}`, datatype: "FP32", shape: shape as Dimension[] } as const],
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
