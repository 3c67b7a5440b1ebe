import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, graph, model, node, tensor } from "./build.ts";
import { freshName, opsetVersion, renameValue } from "./edit.ts";
import type { Graph } from "./proto/types.ts";
import { subgraphs } from "./walk.ts";

const value = (name: string) => ({ name, datatype: "FP32" as const, shape: [1] });

function branch(inputs: readonly string[], used: string): Graph {
  return graph({
    inputs: inputs.map(value),
    outputs: [value("b")],
    nodes: [node("Relu", [used], ["b"])],
  });
}

test("a value is renamed where it is made, used and captured, but not where another hides it", () => {
  const source = graph({
    inputs: [value("x")],
    outputs: [value("x"), value("y")],
    initializers: [tensor("w", "FP32", [1], new Float32Array(1))],
    nodes: [
      node("Add", ["x", "w"], ["h"]),
      node("Op", ["h", "x"], ["y"], { captures: branch([], "x"), hides: branch(["x"], "x") }),
    ],
  });
  const before = structuredClone(source);
  const renamed = renameValue(source, "x", "z");
  assert.deepEqual(structuredClone(source), before);
  assert.deepEqual(
    renamed.inputs.map(({ name }) => name),
    ["z"],
  );
  assert.deepEqual(
    renamed.outputs.map(({ name }) => name),
    ["z", "y"],
  );
  const [add, op] = renamed.nodes;
  assert.deepEqual(add?.inputs, ["z", "w"]);
  assert.deepEqual(op?.inputs, ["h", "z"]);
  assert.ok(op);
  const [captures, hides] = subgraphs(op);
  assert.deepEqual(captures?.nodes[0]?.inputs, ["z"]);
  assert.deepEqual(hides?.nodes[0]?.inputs, ["x"]);
  assert.equal(renameValue(source, "w", "v").initializers[0]?.name, "v");
});

test("a fresh name is taken nowhere, not even in a subgraph", () => {
  const source = graph({
    inputs: [value("a")],
    outputs: [value("y")],
    nodes: [node("Op", ["a"], ["y"], { body: branch(["a_2"], "a_3") })],
  });
  assert.equal(freshName(source, "c"), "c");
  assert.equal(freshName(source, "a"), "a_4");
});

test("the standard operators' version is found under both of their names", () => {
  const of = (opset: Readonly<Record<string, number>>) =>
    opsetVersion(model({ inputs: [], outputs: [], nodes: [], opset }), "");
  assert.equal(of({ "": 13 }), 13);
  assert.equal(of({ "ai.onnx": 15 }), 15);
  assert.equal(of({ "ai.onnx.ml": 3 }), undefined);
});

test("builders refuse what they cannot mean", () => {
  assert.throws(
    () => tensor("w", "FP32", [2], new Float32Array(3)),
    /12 bytes do not fill FP32\[2\]/,
  );
  assert.throws(() => attribute("alpha", 0.5), RangeError);
  assert.deepEqual(attribute("axes", [0, -1]).ints, BigInt64Array.of(0n, -1n));
});
