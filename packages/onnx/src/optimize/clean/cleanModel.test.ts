import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, floats, input, modelOf, operators } from "../../../../../test/support/clean.ts";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { graph, node, tensor } from "../../build.ts";
import type { Node } from "../../proto/types.ts";
import { cleanModel } from "./cleanModel.ts";

test("equal initializers become one, in subgraphs too", async () => {
  const branch = (name: string, opType: string) =>
    graph({
      inputs: [],
      outputs: [{ name }],
      initializers: [floats(`${name}_w`, [3], 1)],
      nodes: [node(opType, ["x", `${name}_w`], [name])],
    });
  const before = modelOf([3], {
    nodes: [
      node("Add", ["x", "u"], ["a"]),
      node("Mul", ["a", "v"], ["b"]),
      node("ReduceSum", ["b"], ["sum"], { keepdims: 0 }),
      node("Greater", ["sum", "zero"], ["c"]),
      node("If", ["c"], ["d"], {
        then_branch: branch("t", "Mul"),
        else_branch: branch("e", "Sub"),
      }),
      node("Add", ["d", "b"], ["y"]),
    ],
    initializers: [
      floats("u", [3], 1),
      floats("v", [3], 1),
      tensor("zero", "FP32", [], Float32Array.of(0)),
    ],
  });
  const { model: clean } = await cleaned(before, [3]);
  const names: string[] = clean.graph.initializers.map(({ name = "" }) => name);
  assert.deepEqual(names, ["u", "zero"]);
  for (const { g } of clean.graph.nodes.find(({ opType }) => opType === "If")!.attributes)
    assert.deepEqual(g!.initializers, []);
});

test("initializers that differ in one element only stay two", async () => {
  const almost = floats("v", [500], 1);
  almost.rawData = almost.rawData!.slice();
  almost.rawData[1001]! ^= 1;
  const before = modelOf([500], {
    nodes: [node("Add", ["x", "u"], ["a"]), node("Mul", ["a", "v"], ["y"])],
    initializers: [floats("u", [500], 1), almost],
  });
  const { model: clean } = await cleaned(before, [500]);
  assert.equal(clean.graph.initializers.length, 2);
});

test("branches and loops are cleaned with what they capture", async () => {
  const body = graph({
    inputs: [
      { name: "i", datatype: "INT64", shape: [] },
      { name: "go", datatype: "BOOL", shape: [] },
      { name: "s", datatype: "FP32" as const, shape: ["N"] },
    ],
    outputs: [{ name: "go2" }, { name: "s2" }],
    nodes: [
      node("Identity", ["go"], ["go2"]),
      node("Identity", ["s"], ["s1"]),
      node("Identity", ["a"], ["a1"]),
      node("Neg", ["w"], ["nw"]),
      node("Mul", ["a1", "nw"], ["m"]),
      node("Concat", ["s1", "m"], ["s2"], { axis: 0 }),
      node("Abs", ["m"], ["dead"]),
    ],
  });
  const before = modelOf(["N"], {
    nodes: [
      node("Identity", ["x"], ["x1"]),
      node("Neg", ["x1"], ["a"]),
      node("Loop", ["three", "", "a"], ["y"], { body }),
    ],
    initializers: [tensor("three", "INT64", [], BigInt64Array.of(3n)), floats("w", [2])],
  });
  const { model: clean } = await cleaned(before, [2]);
  assert.deepEqual(operators(clean), ["Neg", "Loop"]);
  const inner = clean.graph.nodes[1]!.attributes[0]!.g!;
  assert.deepEqual(
    inner.nodes.map(({ opType }) => opType),
    ["Identity", "Mul", "Concat"],
  );
});

test("a loop's value may grow: its first shape is not taken for its shape", async () => {
  const body = graph({
    inputs: [
      { name: "i", datatype: "INT64", shape: [] },
      { name: "go", datatype: "BOOL", shape: [] },
      { name: "s", datatype: "FP32", shape: [2] },
    ],
    outputs: [{ name: "go2" }, { name: "s2" }],
    nodes: [
      node("Identity", ["go"], ["go2"]),
      node("Shape", ["s"], ["length"]),
      node("Cast", ["length"], ["l"], { to: 1 }),
      node("Concat", ["s", "l"], ["s2"], { axis: 0 }),
    ],
  });
  const before = modelOf([2], {
    nodes: [node("Loop", ["three", "", "x"], ["y"], { body })],
    initializers: [tensor("three", "INT64", [], BigInt64Array.of(3n))],
  });
  await cleaned(before, [2]);
});

test("initializers that were listed as inputs become constants, and it is told", async () => {
  const listed = modelOf([2], {
    inputs: [input("x", [2]), input("w", [2])],
    initializers: [floats("w", [2])],
    nodes: [node("Neg", ["w"], ["n"]), node("Add", ["x", "n"], ["y"])],
  });
  const { model: clean, changes } = await cleaned(listed, [2]);
  assert.deepEqual(
    clean.graph.inputs.map(({ name }) => name),
    ["x"],
  );
  assert.deepEqual(operators(clean), ["Add"]);
  assert.match(changes[0]!, /^initializers listed as inputs \(1\) .* cannot override: w$/);
  const old = { ...listed, irVersion: 3, opsetImports: [{ domain: "", version: 8 }] };
  const raised = await cleaned(old, [2]);
  assert.equal(raised.model.irVersion, 4);
  assert.match(raised.changes[0]!, /^IR version 3 raised to 4/);
});

test("unused operator sets and functions are gone, called functions are inlined", async () => {
  const before = modelOf([2], {
    opset: { "": 17, "com.microsoft": 1, local: 1 },
    nodes: [node("Twice", ["x"], ["y"], {}, "local")],
  });
  const body = (name: string, nodes: Node[]) => ({
    name,
    domain: "local",
    inputs: ["a"],
    outputs: ["b"],
    nodes,
    opsetImports: [{ domain: "", version: 17 }],
  });
  const withFunctions = {
    ...before,
    functions: [
      body("Twice", [node("Add", ["a", "a"], ["b"])]),
      body("Unused", [node("Neg", ["a"], ["b"])]),
    ],
  };
  const { model: clean, changes } = await cleaned(withFunctions, [2]);
  assert.deepEqual(operators(clean), ["Add"]);
  assert.deepEqual(clean.opsetImports, [{ domain: "", version: 17 }]);
  assert.equal(clean.functions?.length ?? 0, 0);
  assert.ok(changes.includes('unused operator set "com.microsoft" removed'));
});

test("types that no protocol carries are left alone", async () => {
  const before = modelOf([2], {
    opset: { "": 21 },
    nodes: [
      node("Cast", ["w"], ["small"], { to: 22 }),
      node("Cast", ["small"], ["back"], { to: 1 }),
      node("Add", ["x", "back"], ["y"]),
    ],
    initializers: [tensor("w", "FP32", [2], Float32Array.of(1, 2))],
  });
  const { model: clean } = await cleaned(before, [2]);
  assert.deepEqual(operators(clean), ["Add"], "inside a constant part they are no problem");
});

test("tensors whose data are not loaded are left where they are", async () => {
  const elsewhere = (name: string) => ({
    name,
    dims: [600],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: "location", value: "weights.data" }],
  });
  const before = modelOf([600], {
    nodes: [
      node("Neg", ["w"], ["n"]),
      node("Add", ["x", "n"], ["a"]),
      node("Mul", ["a", "v"], ["b"]),
      node("Identity", ["b"], ["y"]),
    ],
    initializers: [elsewhere("w"), elsewhere("v")],
  });
  const { model: clean } = await cleanModel(before, openRunnable);
  assert.deepEqual(operators(clean), ["Neg", "Add", "Mul"]);
  assert.deepEqual(clean.graph.initializers, before.graph.initializers);
});
