import assert from "node:assert/strict";
import { test } from "node:test";
import { float, graph, model, node, tensor } from "../build.ts";
import { ATTRIBUTE_TYPE } from "../proto/types.ts";
import { printModel } from "./printModel.ts";

test("a model is printed with its types, constants and subgraphs", () => {
  const branch = (name: string, opType: string) =>
    graph({
      name,
      inputs: [],
      outputs: [{ name: `${name}_out`, datatype: "FP32", shape: ["N", 2] }],
      nodes: [node(opType, ["product"], [`${name}_out`])],
    });
  const printed = printModel(
    model({
      name: "gate",
      inputs: [
        { name: "x", datatype: "FP32", shape: ["N", 4] },
        { name: "c", datatype: "BOOL", shape: [] },
      ],
      outputs: [
        { name: "y", datatype: "FP32", shape: ["N", 2] },
        { name: "z", datatype: "FP32", shape: ["?", 2] },
      ],
      opset: { "": 17, "com.microsoft": 1 },
      initializers: [
        tensor(
          "w",
          "FP32",
          [4, 3],
          Float32Array.from({ length: 12 }, (_, at) => at / 10),
        ),
        tensor("half", "FP16", [2], Uint16Array.of(0x3c00, 0xb800)),
        tensor("axes", "INT64", [1], BigInt64Array.of(-1n)),
        tensor("labels", "BYTES", [2], ["plain", "line\nbreak"]),
        { name: "big", dims: [1000], dataType: 1, dataLocation: 1, externalData: [] },
      ],
      nodes: [
        { ...node("MatMul", ["x", "w"], ["product"]), name: "dense" },
        node("LeakyRelu", ["product"], ["act"], { alpha: float(2) }),
        node("Clip", ["act", "", "half"], ["clipped"]),
        node("Gelu", ["clipped"], ["z"], { note: "tanh", sizes: [1, 2, 3] }, "com.microsoft"),
        node("If", ["c"], ["y"], {
          then_branch: branch("t", "Neg"),
          else_branch: branch("e", "Abs"),
        }),
      ],
    }),
  );
  assert.equal(
    printed,
    `ONNX IR 8, opset ai.onnx 17, com.microsoft 1, from longshore

graph "gate"
  in     x: FP32[N,4]
  in     c: BOOL[]
  const  w: FP32[4,3] = 0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 … (12)
  const  half: FP16[2] = 1 -0.5
  const  axes: INT64[1] = -1
  const  labels: BYTES[2] = "plain" "line\\nbreak"
  const  big: FP32[1000] = in the file "" from byte 0 on
  out    y: FP32[N,2]
  out    z: FP32[?,2]

  product = MatMul "dense"(x, w)
  act = LeakyRelu(product) alpha=2.0
  clipped = Clip(act, _, half)
  z: FP32[?,2] = com.microsoft.Gelu(clipped) note="tanh" sizes=[1,2,3]
  y: FP32[N,2] = If(c)
    then_branch "t"
      out    t_out: FP32[N,2]

      t_out: FP32[N,2] = Neg(product)
    else_branch "e"
      out    e_out: FP32[N,2]

      e_out: FP32[N,2] = Abs(product)`,
  );
});

test("a function is printed with what its nodes refer to", () => {
  const base = model({
    inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    opset: { "": 17, local: 1 },
    nodes: [node("Scale", ["x"], ["y"], { alpha: float(0.1) }, "local")],
  });
  const alpha = { name: "alpha", type: ATTRIBUTE_TYPE.FLOAT, refAttrName: "slope" };
  const printed = printModel({
    ...base,
    functions: [
      {
        name: "Scale",
        domain: "local",
        inputs: ["a"],
        outputs: ["b"],
        attributes: ["slope"],
        nodes: [{ ...node("LeakyRelu", ["a"], ["b"]), attributes: [alpha] }],
        opsetImports: [{ version: 17 }],
      },
    ],
  });
  assert.match(
    printed,
    /\n\nfunction "local\.Scale"\(a\) with slope gives b; opset ai\.onnx 17\n {2}b = LeakyRelu\(a\) alpha=\$slope$/,
  );
});

test("what would steer a terminal is escaped, wherever it stands", () => {
  const nasty = "a\u001b[31m\u202e\n";
  const printed = printModel(
    model({
      name: nasty,
      inputs: [{ name: nasty, datatype: "FP32", shape: [nasty] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
      initializers: [tensor("t", "BYTES", [1], [nasty])],
      nodes: [{ ...node(nasty, [nasty], ["y"], { [nasty]: nasty }, nasty), name: nasty }],
      opset: { "": 17, [nasty]: 1 },
    }),
  );
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  assert.doesNotMatch(printed, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  assert.match(printed, /"a\\u001b\[31m\\u\{202e\}\\n"/);
});
