import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, int64, modelOf, operators } from "../../../../../test/support/clean.ts";
import { node, tensor } from "../../build.ts";
import type { Node, TensorProto } from "../../proto/types.ts";

const chain = ["Neg", "Abs"];
const noOp = (made: Node, ...more: readonly TensorProto[]) => ({ made, more });

/** Nodes a → b between Neg and Abs of [2,3] that do nothing. */
const NO_OPS: Readonly<Record<string, ReturnType<typeof noOp>>> = {
  Identity: noOp(node("Identity", ["a"], ["b"])),
  "Dropout that passes through": noOp(node("Dropout", ["a"], ["b", "mask"])),
  "Cast to the same type": noOp(node("Cast", ["a"], ["b"], { to: 1 })),
  "Reshape to the same shape": noOp(node("Reshape", ["a", "s"], ["b"]), int64("s", -1, 3)),
  "Reshape that copies the shape": noOp(node("Reshape", ["a", "s"], ["b"]), int64("s", 0, 3)),
  "Transpose to the same order": noOp(node("Transpose", ["a"], ["b"], { perm: [0, 1] })),
  "Concat of one": noOp(node("Concat", ["a"], ["b"], { axis: 0 })),
  "Max of one": noOp(node("Max", ["a"], ["b"])),
  "Flatten of a matrix": noOp(node("Flatten", ["a"], ["b"])),
  "Expand to less": noOp(node("Expand", ["a", "s"], ["b"]), int64("s", 3)),
  "Tile of one": noOp(node("Tile", ["a", "s"], ["b"]), int64("s", 1, 1)),
  "Pad by nothing": noOp(node("Pad", ["a", "s"], ["b"]), int64("s", 0, 0, 0, 0)),
  "Slice of everything": noOp(
    node("Slice", ["a", "s", "e", "axes"], ["b"]),
    int64("s", 0),
    int64("e", 3),
    int64("axes", -1),
  ),
  "Add of zeros": noOp(
    node("Add", ["z", "a"], ["b"]),
    tensor("z", "FP32", [3], new Float32Array(3)),
  ),
  "Div by one": noOp(node("Div", ["a", "z"], ["b"]), tensor("z", "FP32", [], Float32Array.of(1))),
};

for (const [what, { made, more }] of Object.entries(NO_OPS)) {
  test(`${what} is taken out`, async () => {
    const before = modelOf(["N", 3], {
      nodes: [node("Neg", ["x"], ["a"]), made, node("Abs", ["b"], ["y"])],
      initializers: more,
    });
    const result = await cleaned(before, [2, 3]);
    assert.deepEqual(operators(result.model), chain);
    assert.deepEqual(result.model.graph.initializers, []);
  });
}

/** Nodes that look as if they did nothing. */
const DOINGS: Readonly<Record<string, ReturnType<typeof noOp>>> = {
  "Reshape to a length that x only happens to have": noOp(
    node("Reshape", ["a", "s"], ["b"]),
    int64("s", 2, 3),
  ),
  "Slice that starts later": noOp(
    node("Slice", ["a", "s", "e", "axes"], ["b"]),
    int64("s", 1),
    int64("e", 3),
    int64("axes", 1),
  ),
  "Reshape that swaps": noOp(node("Reshape", ["a", "s"], ["b"]), int64("s", 3, -1)),
  "Expand that adds an axis": noOp(node("Expand", ["a", "s"], ["b"]), int64("s", 1, 1, 1)),
  "Add that adds an axis": noOp(
    node("Add", ["a", "z"], ["b"]),
    tensor("z", "FP32", [1, 1, 1], new Float32Array(1)),
  ),
  "Slice of a part": noOp(
    node("Slice", ["a", "s", "e", "axes"], ["b"]),
    int64("s", 0),
    int64("e", 2),
    int64("axes", 1),
  ),
  "Slice backwards": noOp(
    node("Slice", ["a", "s", "e", "axes", "steps"], ["b"]),
    int64("s", -1),
    int64("e", -9),
    int64("axes", 1),
    int64("steps", -1),
  ),
  "Sub from zero": noOp(
    node("Sub", ["z", "a"], ["b"]),
    tensor("z", "FP32", [1], new Float32Array(1)),
  ),
};

for (const [what, { made, more }] of Object.entries(DOINGS)) {
  test(`${what} stays`, async () => {
    const before = modelOf(["N", 3], {
      nodes: [node("Neg", ["x"], ["a"]), made, node("Abs", ["b"], ["y"])],
      initializers: more,
    });
    const result = await cleaned(before, [2, 3]);
    assert.deepEqual(operators(result.model), ["Neg", made.opType, "Abs"]);
  });
}

test("an Identity before an output goes where the output can take its place, else it stays", async () => {
  const before = modelOf([2], {
    outputs: [{ name: "y" }, { name: "z" }, { name: "same" }, { name: "through" }],
    nodes: [
      node("Neg", ["x"], ["a"]),
      node("Abs", ["a"], ["z"]),
      node("Identity", ["a"], ["y"]),
      node("Identity", ["z"], ["same"]),
      node("Identity", ["x"], ["through"]),
    ],
  });
  const { model: clean } = await cleaned(before, [2]);
  assert.deepEqual(operators(clean), ["Neg", "Abs", "Identity", "Identity"]);
  assert.deepEqual(clean.graph.nodes[0]!.outputs, ["y"]);
});

test("two transposes or reshapes in a row become one or none", async () => {
  const before = modelOf([2, 3, 4], {
    nodes: [
      node("Transpose", ["x"], ["a"], { perm: [2, 0, 1] }),
      node("Transpose", ["a"], ["b"], { perm: [1, 2, 0] }),
      node("Flatten", ["b"], ["c"]),
      node("Reshape", ["c", "s"], ["d"]),
      node("Abs", ["d"], ["y"]),
    ],
    initializers: [int64("s", 4, -1)],
  });
  const { model: clean } = await cleaned(before, [2, 3, 4]);
  assert.deepEqual(operators(clean), ["Reshape", "Abs"]);
});

test("a reshape that copies a length of what it is given needs the one before it", async () => {
  const before = modelOf([2, 3, 4], {
    nodes: [
      node("Flatten", ["x"], ["a"], { axis: 2 }),
      node("Reshape", ["a", "s"], ["b"]),
      node("Abs", ["b"], ["y"]),
    ],
    initializers: [int64("s", 0, 2, 2)],
  });
  const { model: clean } = await cleaned(before, [2, 3, 4]);
  assert.deepEqual(operators(clean), ["Flatten", "Reshape", "Abs"]);
});

test("a Dropout whose mask is read stays", async () => {
  const before = modelOf([3], {
    outputs: [{ name: "y" }, { name: "mask" }],
    nodes: [node("Dropout", ["x"], ["a", "mask"]), node("Abs", ["a"], ["y"])],
  });
  const { model: clean } = await cleaned(before, [3]);
  assert.deepEqual(operators(clean), ["Dropout", "Abs"]);
});
