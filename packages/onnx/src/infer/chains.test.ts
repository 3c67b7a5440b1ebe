/** What is followed from node to node: lengths that a graph calculates, and what its file states. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Datatype, Dimension } from "@longshore/core";
import { statedShape } from "../../../../test/support/inferred.ts";
import { model, node, tensor, tensorType } from "../build.ts";
import type { Model, Node, TensorProto, ValueInfo } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

const integers = (name: string, values: readonly number[], dims = [values.length]): TensorProto =>
  tensor(name, "INT64", dims, BigInt64Array.from(values, BigInt));
const input = (name: string, shape: readonly Dimension[], datatype: Datatype = "FP32") => ({
  name,
  datatype,
  shape,
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
