import assert from "node:assert/strict";
import { test } from "node:test";
import { runModel } from "../../../test/support/ort.ts";
import { float, graph, model, node, tensor } from "./build.ts";
import { operatorCosts } from "./costs/operatorCosts.ts";
import { inlineFunctions } from "./inline.ts";
import type { FunctionProto, Model, Node } from "./proto/types.ts";

const standard = [{ domain: "", version: 17 }];
const x = { datatype: "FP32", shape: [2, 3], data: Float32Array.of(-1, 2, -3, 4, -5, 6) } as const;

function withFunctions(nodes: readonly Node[], functions: readonly FunctionProto[]): Model {
  const spec = { datatype: "FP32", shape: ["?", "?"] } as const;
  const made = model({
    opset: { "": 17, f: 1 },
    inputs: [{ name: "x", ...spec, shape: [2, 3] }],
    outputs: [{ name: "y", ...spec }],
    initializers: [tensor("w", "FP32", [3], Float32Array.of(1, 2, 3))],
    nodes,
  });
  return { ...made, functions: [...functions] };
}

const call = (name: string, inputs: string[], outputs: string[], attributes = {}): Node =>
  node(name, inputs, outputs, attributes, "f");

const leaky: FunctionProto = {
  name: "Leaky",
  domain: "f",
  inputs: ["a", "bias"],
  outputs: ["b", "same"],
  attributes: ["slope"],
  // The slope is the caller's; `h` is a name that the caller uses as well.
  nodes: [
    {
      ...node("LeakyRelu", ["a"], ["h"]),
      attributes: [{ name: "alpha", refAttrName: "slope", type: 1 }],
    },
    node("Max", ["h", "bias"], ["b"]),
    node("Identity", ["a"], ["same"]),
  ],
  opsetImports: standard,
};

const twice: FunctionProto = {
  name: "Twice",
  domain: "f",
  inputs: ["x", "c"],
  outputs: ["y"],
  attributeProtos: [{ name: "slope", type: 1, f: 0.5 }],
  nodes: [
    {
      ...call("Leaky", ["x", "x"], ["h", "unused"]),
      attributes: [{ name: "slope", refAttrName: "slope", type: 1 }],
    },
    node("If", ["c"], ["y"], {
      then_branch: graph({
        inputs: [],
        outputs: [{ name: "t", type: { tensorType: { elemType: 1 } } }],
        nodes: [node("Add", ["h", "x"], ["t"])],
      }),
      else_branch: graph({
        inputs: [],
        outputs: [{ name: "t", type: { tensorType: { elemType: 1 } } }],
        nodes: [node("Neg", ["h"], ["t"])],
      }),
    }),
  ],
  opsetImports: [...standard, { domain: "f", version: 1 }],
};

test("functions in functions, branches and attributes give what ONNX Runtime gives", async () => {
  const condition = tensor("", "BOOL", [], Uint8Array.of(1));
  const original = withFunctions(
    [
      node("Constant", [], ["yes"], { value: condition }),
      node("Add", ["x", "w"], ["h"]),
      call("Leaky", ["h", "w"], ["one", "same"], { slope: float(0.1) }),
      call("Twice", ["one", "yes"], ["two"]),
      node("Sub", ["two", "same"], ["three"]),
      call("Leaky", ["three", "h"], ["y", "last"], { slope: float(0.2) }),
    ],
    [leaky, twice],
  );
  const inlined = inlineFunctions(original);
  assert.deepEqual(inlined.functions, []);
  assert.ok(inlined.graph.nodes.every(({ domain = "" }) => domain === ""));
  const [expected, got] = [await runModel(original, { x }), await runModel(inlined, { x })];
  assert.deepEqual(got.get("y"), expected.get("y"));
});

test("costs are those of what the functions do, in each call", () => {
  const layer: FunctionProto = {
    name: "Layer",
    domain: "f",
    inputs: ["a", "m"],
    outputs: ["b"],
    nodes: [node("MatMul", ["a", "m"], ["b"])],
    opsetImports: standard,
  };
  const made = withFunctions(
    [call("Layer", ["x", "w"], ["v"]), call("Layer", ["x", "w"], ["y"])],
    [layer],
  );
  assert.deepEqual(
    operatorCosts(made).map(({ operator, macs, parameters }) => [operator, macs, parameters]),
    [
      ["MatMul", 6, 3],
      ["MatMul", 6, 0],
    ],
  );
});

test("an output that is an input is handed on", () => {
  const through = { ...leaky, inputs: ["a"], outputs: ["a"], nodes: [] };
  const { graph: inlined } = inlineFunctions(
    withFunctions([call("Leaky", ["x"], ["y"])], [through]),
  );
  assert.deepEqual(inlined.nodes, [node("Identity", ["x"], ["y"])]);
});

test("what cannot be inlined stays as it is", () => {
  const circle = { ...leaky, nodes: [call("Leaky", ["a"], ["b"])] };
  const other = { ...leaky, opsetImports: [{ domain: "", version: 9 }] };
  const plain = withFunctions([node("Neg", ["x"], ["y"])], []);
  for (const functions of [[circle], [other]]) {
    const made = withFunctions([call("Leaky", ["x", "w"], ["y"])], functions);
    assert.equal(inlineFunctions(made), made);
  }
  assert.equal(inlineFunctions(plain), plain);
});

test("of functions that share a name, the overload that is called is the one inlined", async () => {
  const form = (overload: string, opType: string): FunctionProto => ({
    name: "Form",
    domain: "f",
    overload,
    inputs: ["a"],
    outputs: ["b"],
    nodes: [node(opType, ["a"], ["b"])],
    opsetImports: standard,
  });
  const called = { ...call("Form", ["x"], ["y"]), overload: "two" };
  const inlined = inlineFunctions(
    withFunctions([called], [form("one", "Abs"), form("two", "Neg"), form("", "Relu")]),
  );
  const outputs = await runModel(inlined, { x });
  assert.deepEqual(outputs.get("y")?.data, Float32Array.of(1, -2, 3, -4, 5, -6));
});
