import assert from "node:assert/strict";
import { test } from "node:test";
import { statedShape } from "../../../../test/support/inferred.ts";
import type { Datatype, Dimension } from "@longshore/core";
import { graph, model, node, tensor } from "../build.ts";
import { readShape } from "../signature.ts";
import type { TensorProto } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

const input = (name: string, shape: readonly Dimension[], datatype: Datatype = "FP32") => ({
  name,
  datatype,
  shape,
});

test("branches: what both give, with values from outside; inner values are stated too", () => {
  const branch = (name: string, width: string) =>
    graph({
      inputs: [],
      outputs: [{ name }],
      nodes: [node("Relu", ["x"], [`${name}_r`]), node("MatMul", [`${name}_r`, width], [name])],
    });
  const weights = (name: string, width: number): TensorProto =>
    tensor(name, "FP32", [4, width], new Float32Array(4 * width));
  const made = model({
    inputs: [input("x", ["N", 4]), input("c", [], "BOOL")],
    outputs: [{ name: "y" }, { name: "z" }],
    initializers: [weights("w2", 2), weights("w3", 3)],
    nodes: [
      node("If", ["c"], ["y"], { then_branch: branch("a", "w2"), else_branch: branch("b", "w3") }),
      node("If", ["c"], ["z"], { then_branch: branch("d", "w2"), else_branch: branch("e", "w2") }),
    ],
  });
  const inferred = inferShapes(made);
  assert.deepEqual(statedShape(inferred, "y"), ["N", "?"]);
  assert.deepEqual(statedShape(inferred, "z"), ["N", 2]);
  const inner = inferred.graph.nodes[0]!.attributes[0]!.g!;
  assert.deepEqual(readShape(inner.valueInfos[0]!.type!.tensorType!.shape), ["N", 4]);
  assert.deepEqual(readShape(inner.outputs[0]!.type!.tensorType!.shape), ["N", 2]);
});

test("loops: a state keeps the axes that no iteration changes", () => {
  const body = graph({
    inputs: [input("i", [], "INT64"), input("go", [], "BOOL"), { name: "s" }, { name: "t" }],
    outputs: [{ name: "on" }, { name: "grown" }, { name: "kept" }, { name: "slice" }],
    nodes: [
      node("Identity", ["go"], ["on"]),
      node("Concat", ["s", "x"], ["grown"], { axis: 1 }),
      node("Relu", ["t"], ["kept"]),
      node("ReduceMax", ["s"], ["slice"], { axes: [1], keepdims: 0 }),
    ],
  });
  const inferred = inferShapes(
    model({
      inputs: [input("x", ["N", 4]), input("trips", [], "INT64")],
      outputs: ["grew", "same", "slices"].map((name) => ({ name })),
      nodes: [node("Loop", ["trips", "", "x", "x"], ["grew", "same", "slices"], { body })],
    }),
  );
  assert.deepEqual(statedShape(inferred, "grew"), ["N", "?"]);
  assert.deepEqual(statedShape(inferred, "same"), ["N", 4]);
  assert.deepEqual(statedShape(inferred, "slices"), ["?", "N"]);
});

test("scans: slices go in, states and slices come out", () => {
  const body = graph({
    inputs: [{ name: "s" }, { name: "slice" }],
    outputs: [{ name: "t" }, { name: "u" }],
    nodes: [node("Add", ["s", "slice"], ["t"]), node("Neg", ["t"], ["u"])],
  });
  const inferred = inferShapes(
    model({
      inputs: [input("first", ["N"]), input("x", ["N", "T"])],
      outputs: [{ name: "last" }, { name: "all" }],
      nodes: [
        node("Scan", ["first", "x"], ["last", "all"], {
          body,
          num_scan_inputs: 1,
          scan_input_axes: [1],
          scan_output_axes: [-1],
        }),
      ],
    }),
  );
  assert.deepEqual(statedShape(inferred, "last"), ["N"]);
  assert.deepEqual(statedShape(inferred, "all"), ["N", "T"]);
});

test("functions are inferred in each call, with the caller's attributes", () => {
  const made = model({
    opset: { "": 17, mine: 1 },
    inputs: [input("x", ["N", 4, 5])],
    outputs: [{ name: "y" }, { name: "z" }],
    nodes: [
      node("Last", ["x"], ["y"], { at: 2 }, "mine"),
      node("Last", ["y"], ["z"], { at: 1 }, "mine"),
    ],
  });
  const flatten = node("Flatten", ["a"], ["b"]);
  const inferred = inferShapes({
    ...made,
    functions: [
      {
        name: "Last",
        domain: "mine",
        inputs: ["a"],
        outputs: ["b"],
        attributes: ["at"],
        nodes: [{ ...flatten, attributes: [{ name: "axis", refAttrName: "at", type: 2 }] }],
        opsetImports: [{ domain: "", version: 17 }],
      },
    ],
  });
  assert.deepEqual(statedShape(inferred, "y"), ["?", 5]);
  assert.deepEqual(statedShape(inferred, "z"), ["?", 5]);
});
