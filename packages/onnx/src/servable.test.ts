import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferenceSession as Session, Tensor as OrtTensor } from "onnxruntime-node";
import { attribute, graph, model, node, tensor, tensorType, type ModelParts } from "./build.ts";
import { inspect } from "./inspect.ts";
import { joinChunks, writeModel } from "./model.ts";
import type { Model, Node, TypeProto, ValueInfo } from "./proto/types.ts";
import { toServable } from "./servable.ts";

process.env["ORT_DISABLE_TELEMETRY"] = "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

const X = { name: "x", datatype: "FP32", shape: ["N", 2] } as const;
const ML = { "": 13, "ai.onnx.ml": 1 };

/** Runs the servable form of a model; FP32 in and out. */
async function run(
  source: Model,
  feeds: Readonly<Record<string, readonly number[]>>,
): Promise<Record<string, { dims: readonly number[]; data: number[] }>> {
  await using session = await open(toServable(source).model);
  const inputs: Record<string, OrtTensor> = {};
  for (const [name, data] of Object.entries(feeds)) {
    inputs[name] = new Tensor("float32", Float32Array.from(data), [data.length / 2, 2]);
  }
  const outputs = await session.value.run(inputs);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { dims, data: Array.from(data, Number) },
    ]),
  );
}

async function open(source: Model): Promise<{ value: Session } & AsyncDisposable> {
  const value = await InferenceSession.create(joinChunks(writeModel(source)), {
    logSeverityLevel: 4,
  });
  return { value, [Symbol.asyncDispose]: () => value.release() };
}

function zipMapModel(
  labels: Readonly<Record<string, readonly string[] | readonly number[]>>,
): Model {
  const value = { elemType: { mapType: { keyType: 8, valueType: tensorType("FP32", []) } } };
  return model({
    inputs: [X],
    outputs: [{ name: "scores", type: { sequenceType: value } }],
    nodes: [node("Softmax", ["x"], ["p"]), node("ZipMap", ["p"], ["scores"], labels, "ai.onnx.ml")],
    opset: ML,
  });
}

test("ZipMap gives way to its tensor, its classes become labels", async () => {
  const source = zipMapModel({ classlabels_strings: ["cat", "dog"] });
  const { signature, changes } = toServable(source);
  assert.deepEqual(signature.outputs, [
    { name: "scores", datatype: "FP32", shape: ["?", 2], labels: ["cat", "dog"] },
  ]);
  assert.equal(changes.length, 1);
  assert.deepEqual(await run(source, { x: [1, 1, 5, 5, 0, 0] }), {
    scores: { dims: [3, 2], data: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] },
  });
  const numbered = toServable(zipMapModel({ classlabels_int64s: [-1, 1] }));
  assert.deepEqual(numbered.signature.outputs[0]?.labels, ["-1", "1"]);
});

test("ZipMap's tensor may be an output too, and the original is left as it was", async () => {
  const source = zipMapModel({ classlabels_strings: ["a", "b"] });
  source.graph.outputs.push({ name: "p", type: tensorType("FP32", ["N", 2]) });
  const before = structuredClone(source);
  const outputs = await run(source, { x: [0, 0] });
  assert.deepEqual(outputs["scores"], outputs["p"]);
  assert.deepEqual(structuredClone(source), before);
});

test("a model that imports only ai.onnx.ml gets the standard operators imported", async () => {
  const source = zipMapModel({ classlabels_strings: ["a", "b"] });
  source.opsetImports = [{ domain: "ai.onnx.ml", version: 1 }];
  source.graph.nodes[0] = node("Normalizer", ["x"], ["p"], { norm: "L1" }, "ai.onnx.ml");
  const outputs = await run(source, { x: [1, 3] });
  assert.deepEqual(outputs["scores"]?.data, [0.25, 0.75]);
});

function sequenceModel(
  parts: ModelParts & { readonly body: readonly Node[]; readonly type: TypeProto },
): Model {
  return model({
    ...parts,
    inputs: [X],
    outputs: [{ name: "y", type: parts.type }],
    nodes: parts.body,
  });
}

const SEQUENCE: TypeProto = { sequenceType: { elemType: tensorType("FP32", ["N", 2]) } };

test("a sequence of tensors is stacked along a new first axis", async () => {
  const body = [node("Neg", ["x"], ["n"]), node("SequenceConstruct", ["x", "n"], ["y"])];
  const source = sequenceModel({ body, type: SEQUENCE });
  assert.deepEqual(toServable(source).signature.outputs, [
    { name: "y", datatype: "FP32", shape: ["y_length", "N", 2] },
  ]);
  assert.deepEqual(await run(source, { x: [1, 2] }), {
    y: { dims: [2, 1, 2], data: [1, 2, -1, -2] },
  });
  assert.match(inspect(source).batch.reason, /first axis of output "y" is y_length/);
});

test("an optional sequence is opened and stacked", async () => {
  const body = [node("SequenceConstruct", ["x"], ["s"]), node("Optional", ["s"], ["y"])];
  const source = sequenceModel({ body, type: { optionalType: { elemType: SEQUENCE } } });
  assert.deepEqual(await run(source, { x: [1, 2] }), { y: { dims: [1, 1, 2], data: [1, 2] } });
});

test("an operator the model's opset lacks is not smuggled in", () => {
  const body = [node("SequenceConstruct", ["x"], ["s"]), node("Optional", ["s"], ["y"])];
  const source = sequenceModel({
    body,
    type: { optionalType: { elemType: SEQUENCE } },
    opset: { "": 14 },
  });
  assert.throws(
    () => toServable(source, "m.onnx"),
    /m\.onnx: .*OptionalGetElement of opset 15.*has opset 14/,
  );
});

test("BF16 is exchanged as FP32, also where a subgraph uses the input", async () => {
  const bf16 = (name: string) => ({ name, datatype: "BF16" as const, shape: ["N", 2] });
  const branch = (op: string) =>
    graph({ inputs: [], outputs: [bf16("b")], nodes: [node(op, ["x"], ["b"])] });
  const source = model({
    inputs: [bf16("x")],
    outputs: [bf16("y"), bf16("x")],
    initializers: [tensor("yes", "BOOL", [], Uint8Array.of(1))],
    nodes: [
      node("If", ["yes"], ["y"], {
        then_branch: branch("Identity"),
        else_branch: branch("Identity"),
      }),
    ],
  });
  const { signature, exchange, changes } = toServable(source);
  assert.deepEqual(signature, { inputs: [bf16("x")], outputs: [bf16("y"), bf16("x")] });
  assert.deepEqual(Object.fromEntries(exchange), { x: "FP32", y: "FP32" });
  assert.equal(changes.length, 2);
  // 1 + 2^-9 lies between two BF16 values: it comes back rounded, since the graph computes in BF16.
  assert.deepEqual((await run(source, { x: [1 + 2 ** -9, -2.5] }))["y"], {
    dims: [1, 2],
    data: [1, -2.5],
  });
});

test("a model of plain tensors is handed back as it is", () => {
  const plain = model({
    inputs: [X],
    outputs: [{ ...X, name: "y" }],
    nodes: [node("Relu", ["x"], ["y"])],
  });
  const servable = toServable(plain);
  assert.equal(servable.model, plain);
  assert.deepEqual(servable.changes, []);
  assert.equal(servable.exchange.size, 0);
});

const map: TypeProto = { mapType: { keyType: 7, valueType: tensorType("FP32", []) } };
const UNSERVABLE: readonly (readonly [
  kind: "input" | "output",
  type: TypeProto | undefined,
  message: RegExp,
])[] = [
  ["input", SEQUENCE, /input "v" is seq\(tensor\(FP32\)\).*make it a tensor and export/],
  ["input", map, /input "v" is map\(INT64,tensor\(FP32\)\)/],
  [
    "input",
    { optionalType: { elemType: tensorType("FP32") } },
    /input "v" is optional\(tensor\(FP32\)\)/,
  ],
  ["input", { sparseTensorType: { elemType: 1 } }, /input "v" is sparse_tensor\(FP32\)/],
  ["input", { tensorType: { elemType: 22 } }, /input "v" is tensor\(INT4\).*cast it from FP32/],
  [
    "output",
    { tensorType: { elemType: 19 } },
    /output "v" is tensor\(FLOAT8E5M2\).*cast it to FP32/,
  ],
  ["output", map, /output "v" is map.*leave it out of the outputs/],
  ["output", { sequenceType: { elemType: map } }, /output "v" is seq\(map/],
  ["output", { opaqueType: {} }, /output "v" is opaque/],
  ["output", undefined, /output "v" is of no stated type/],
];

for (const [kind, type, message] of UNSERVABLE) {
  test(`refused: ${message.source}`, () => {
    const value: ValueInfo = { name: "v", ...(type && { type }) };
    const source = model({
      inputs: [X],
      outputs: [{ ...X, name: "y" }],
      nodes: [node("Relu", ["x"], ["y"])],
    });
    source.graph[kind === "input" ? "inputs" : "outputs"].push(value);
    assert.throws(() => toServable(source), message);
  });
}

test("inspect counts operators, constants and what subgraphs hold", () => {
  const inner = graph({
    inputs: [],
    outputs: [{ ...X, name: "b" }],
    initializers: [tensor("bias", "FP32", [2], new Float32Array(2))],
    nodes: [node("Add", ["x", "bias"], ["b"])],
  });
  const source = model({
    inputs: [X],
    outputs: [{ ...X, name: "y" }],
    initializers: [tensor("w", "FP16", [2, 2], new Uint16Array(4))],
    nodes: [
      node("Constant", [], ["c"], { value: tensor("", "BOOL", [], Uint8Array.of(1)) }),
      node("If", ["c"], ["h"], { then_branch: inner, else_branch: inner }),
      {
        ...node("Scaler", ["h"], ["y"], {}, "ai.onnx.ml"),
        attributes: [attribute("scale", Float32Array.of(1, 2))],
      },
    ],
    opset: ML,
  });
  const { operators, parametersByType, parameters, opsets, batch, producer } = inspect(source);
  assert.deepEqual(
    operators.map(({ operator, count }) => [operator, count]),
    [
      ["Add", 2],
      ["Constant", 1],
      ["If", 1],
      ["ai.onnx.ml.Scaler", 1],
    ],
  );
  assert.deepEqual(parametersByType, [
    { type: "FP32", tensors: 3, count: 6, bytes: 24 },
    { type: "FP16", tensors: 1, count: 4, bytes: 8 },
    { type: "BOOL", tensors: 1, count: 1, bytes: 1 },
  ]);
  assert.deepEqual(parameters, { count: 11, bytes: 33 });
  assert.deepEqual(opsets, { "ai.onnx": 13, "ai.onnx.ml": 1 });
  assert.equal(batch.batchable, true);
  assert.equal(producer, "longshore");
});
