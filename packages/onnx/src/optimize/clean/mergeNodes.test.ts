import assert from "node:assert/strict";
import { test } from "node:test";
import { model, node } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import type { Model, Node } from "../../proto/types.ts";
import { mergeNodes } from "./mergeNodes.ts";

const shape = ["N", 2];
const value = (name: string) => ({ name, datatype: "FP32", shape }) as const;

function graphOf(nodes: Node[], outputs: readonly string[]): Model {
  return model({ inputs: ["x", "y"].map(value), outputs: outputs.map(value), nodes });
}

function merged(nodes: Node[], outputs: readonly string[]): string[] {
  const { model: result } = mergeNodes(graphOf(nodes, outputs));
  assert.deepEqual(checkGraph(result), []);
  return result.graph.nodes.map(
    (each) => `${each.outputs.join()} = ${each.opType}(${each.inputs.join()})`,
  );
}

test("nodes that compute the same become one, and then what reads them", () => {
  const nodes = [
    node("Relu", ["x"], ["a"]),
    node("Relu", ["x"], ["b"]),
    node("Neg", ["a"], ["c"]),
    node("Neg", ["b"], ["d"]),
    node("Add", ["c", "d"], ["sum"]),
  ];
  assert.deepEqual(merged(nodes, ["sum"]), ["a = Relu(x)", "c = Neg(a)", "sum = Add(c,c)"]);
  const { changes } = mergeNodes(graphOf(nodes, ["sum"]));
  assert.deepEqual(changes, ["nodes that compute the same merged: 2"]);
});

test("what the caller reads keeps its name, and two such outputs stay two", () => {
  const nodes = [
    node("Relu", ["x"], ["a"]),
    node("Neg", ["a"], ["c"]),
    node("Relu", ["x"], ["b"]),
    node("Neg", ["b"], ["d"]),
    node("Add", ["c", "d"], ["sum"]),
  ];
  assert.deepEqual(merged(nodes, ["sum", "b"]), ["b = Relu(x)", "d = Neg(b)", "sum = Add(d,d)"]);
  const both = [node("Relu", ["x"], ["a"]), node("Relu", ["x"], ["b"])];
  assert.equal(merged(both, ["a", "b"]).length, 2);
});

test("nodes that differ, or may give something else each time, stay", () => {
  const pairs: [Node, Node][] = [
    [node("Sub", ["x", "y"], ["a"]), node("Sub", ["y", "x"], ["b"])],
    [
      node("Elu", ["x"], ["a"], { alpha: { float: 0.5 } }),
      node("Elu", ["x"], ["b"], { alpha: { float: 0.25 } }),
    ],
    [
      node("Elu", ["x"], ["a"], { alpha: { float: 0 } }),
      node("Elu", ["x"], ["b"], { alpha: { float: -0 } }),
    ],
    [
      node("Transpose", ["x"], ["a"], { perm: [0, 1] }),
      node("Transpose", ["x"], ["b"], { perm: [1, 0] }),
    ],
    [node("RandomNormalLike", ["x"], ["a"]), node("RandomNormalLike", ["x"], ["b"])],
  ];
  for (const [first, second] of pairs) {
    const { changes } = mergeNodes(graphOf([first, second, node("Add", ["a", "b"], ["s"])], ["s"]));
    assert.deepEqual(changes, [], first.opType);
  }
});
