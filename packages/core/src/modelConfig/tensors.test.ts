import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "../json/value.ts";
import type { Signature } from "../signature.ts";
import { checkDeclared, narrowTensors, readConfigJson, type ModelConfig } from "./index.ts";

const read = (config: JsonValue): ModelConfig => readConfigJson(config, "m");

const GRAPH: Signature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: ["N", 2] },
    { name: "w", datatype: "FP32", shape: ["N", "W"] },
  ],
  outputs: [{ name: "y", datatype: "BYTES", shape: ["N"] }],
};

test("tensors are compared with the model's own", () => {
  const check = (config: JsonValue, graph = GRAPH): void =>
    checkDeclared(read(config).declared, graph);
  const x = { name: "x", data_type: "TYPE_FP32" };
  check({ max_batch_size: 4, input: [{ ...x, dims: [2] }], output: [] });
  check({ max_batch_size: 4, input: [{ ...x, dims: ["-1"] }] });
  check({ input: [{ ...x, dims: [2] }] });
  check({ input: [{ ...x, dims: [-1, 2] }] });
  check({ max_batch_size: 0, input: [{ ...x, dims: [7, 2] }] });
  check({ input: [{ name: "x" }] });
  check({ max_batch_size: 4, input: [{ ...x, dims: [1, 2, 1], reshape: { shape: [2] } }] });
  const rows = { name: "y", data_type: "TYPE_STRING", dims: [1], reshape: {} };
  check({ max_batch_size: 4, output: [rows] });
  const fixed: Signature = { inputs: [{ ...GRAPH.inputs[0]!, shape: [1, 2] }], outputs: [] };
  check({ max_batch_size: 0, input: [{ ...x, dims: [1, 2] }] }, fixed);
  check({ max_batch_size: 0, input: [{ ...x, dims: [2], reshape: { shape: [1, 2] } }] }, fixed);
  const cases: [config: JsonValue, says: RegExp, graph?: Signature][] = [
    [{ max_batch_size: 0, input: [{ ...x, dims: [2] }] }, /input "x" is \[-1, 2\], not \[2\]$/],
    [{ max_batch_size: 1, input: [{ ...x, dims: [3] }] }, /^input\[0\]\.dims: .*\[2\], not \[3\]/],
    [{ input: [{ ...x, dims: [1, 1, 2] }] }, /is \[-1, 2\], not \[1, 1, 2\]/],
    [
      { max_batch_size: 1, input: [{ name: "x", data_type: "TYPE_FP64", dims: [2] }] },
      /^input\[0\]\.data_type: input "x" is TYPE_FP32, not TYPE_FP64$/,
    ],
    [
      { output: [{ name: "z" }] },
      /^output\[0\]\.name: output "z" does not exist; the model has y$/,
    ],
    [
      { max_batch_size: 2, input: [{ ...x, dims: [3], reshape: { shape: [2] } }] },
      /^input\[0\]\.reshape: input "x" cannot have both \[3\] and \[2\]/,
    ],
    [
      { max_batch_size: 2, input: [{ name: "w", dims: [-1, 2], reshape: { shape: [-1] } }] },
      /cannot have both \[-1, 2\] and \[-1\]/,
    ],
    [
      { max_batch_size: 8, input: [{ ...x, dims: [2] }] },
      /^input\[0\]: input "x" is fixed at 1 on its first axis, .* set max_batch_size to 0, and give dims as \[1, 2\]$/,
      fixed,
    ],
  ];
  for (const [config, message, graph] of cases)
    assert.throws(() => check(config, graph), { name: "ModelConfigProblem", message });
});

test("a length that is declared holds where the graph's axis is free", () => {
  const narrow = (config: JsonValue): unknown =>
    narrowTensors(read(config).declared.inputs, GRAPH.inputs).map(({ shape }) => shape);
  const w = { name: "w" };
  assert.deepEqual(narrow({ max_batch_size: 4, input: [{ ...w, dims: [5] }] }), [
    ["N", 2],
    ["N", 5],
  ]);
  assert.deepEqual(narrow({ input: [{ ...w, dims: [5] }] }), [
    ["N", 2],
    ["N", 5],
  ]);
  assert.deepEqual(narrow({ max_batch_size: 0, input: [{ ...w, dims: [3, -1] }] }), [
    ["N", 2],
    [3, "W"],
  ]);
  assert.deepEqual(
    narrow({ max_batch_size: 4, input: [{ ...w, dims: [5, 1], reshape: { shape: [5] } }] }),
    [
      ["N", 2],
      ["N", "W"],
    ],
  );
});
