import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float, graph, model, node, tensor, type AttributeValue } from "../build.ts";
import type { Graph, Model } from "../proto/types.ts";
import type { Call } from "./call.ts";
import type { Dim } from "./dims.ts";
import { smallCount } from "./elements.ts";
import { inferShapes } from "./inferShapes.ts";
import type { Known } from "./known.ts";
import { RULES } from "./operators.ts";

/** Shapes as they are after every node: lengths that can be, or symbols. */
const dims = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.constantFrom<Dim>("N", "M", "\0 7", 0, 1, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER),
);
const ODD: readonly Dim[] = [-(2 ** 63), -4, 0.5, 2 ** 53, 2 ** 63, Infinity, NaN, undefined];
const numbers = fc.constantFrom<Dim>(...ODD, -1, 0, 1, 2, 3, "N");
const known: fc.Arbitrary<Known> = fc
  .record({
    elemType: fc.constantFrom(undefined, 1, 7, 8, 9, 10, 99),
    shape: fc.option(fc.array(dims, { maxLength: 6 }), { nil: undefined }),
    pool: fc.array(numbers, { minLength: 1, maxLength: 8 }),
  })
  .map(({ elemType, shape, pool }) => {
    const count = smallCount(shape);
    const elements = Array.from({ length: count ?? 0 }, (_, at) => pool[at % pool.length]);
    return { elemType, shape, ...(count !== undefined && pool.length > 1 && { elements }) };
  });
const attributeValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom<AttributeValue>(
    2n ** 63n - 1n,
    -(2n ** 63n),
    "",
    "SAME_UPPER",
    "ab,b...->",
    "none",
  ),
  fc.double().map(float),
  fc.array(fc.integer({ min: -4, max: 9 }), { maxLength: 8 }),
  fc.constant(new Float32Array([1, 2])),
  fc.constant(tensor("t", "INT64", [2], new BigInt64Array([1n, -1n]))),
);
const NAMES = `allowzero auto_pad axes axis batch_dims block_size blocksize body ceil_mode
  classlabels_ints direction dilations dtype end equation fmod group hidden_size inverse
  inputdimensions intercepts keep_aspect_ratio_policy keepdims kernel_shape layout new_axis
  ngram_indexes noop_with_empty_axes num_heads num_scan_inputs n_targets N onesided output_padding
  output_shape pads perm pooled_shape qkv_hidden_sizes q_num_heads kv_num_heads reduction
  scan_input_axes scan_output_axes sample_size scales shape split start starts ends stash_type
  strides targets to transA transB value value_ints`.split(/\s+/);

test("no rule throws, whatever a node looks like", () => {
  for (const [name, rule] of RULES) {
    fc.assert(
      fc.property(
        fc.array(fc.option(known, { nil: undefined }), { maxLength: 6 }),
        fc.dictionary(fc.constantFrom(...NAMES), attributeValue, { maxKeys: 6 }),
        fc.constantFrom(1, 6, 7, 9, 10, 11, 13, 18, 23),
        fc.integer({ min: 0, max: 4 }),
        fc.array(known, { maxLength: 3 }),
        (inputs, attributes, opset, outputs, inner) => {
          const names = Array.from({ length: outputs }, (_, index) => `y${index}`);
          const [opType = ""] = name.split(".").toReversed();
          const call: Call = {
            node: node(
              opType,
              inputs.map((_, at) => `x${at}`),
              names,
              attributes,
            ),
            opset,
            inputs,
            subgraph: () => inner,
          };
          for (const { shape = [], elements = [] } of rule(call)) {
            assert.ok(shape.length < 300 && elements.length <= 256, name);
          }
        },
      ),
      { numRuns: 100 },
    );
  }
});

/** Branches in branches, each with a loop whose state never settles at once. */
function nested(depth: number): Graph {
  const inner = depth === 0 ? [] : [loop(depth - 1, "x"), loop(depth - 1, "x")];
  return graph({
    inputs: [{ name: "i" }, { name: "g" }, { name: "x" }],
    outputs: [{ name: "g" }, { name: "z" }],
    nodes: [...inner, node("Concat", ["x", "x"], ["z"], { axis: 0 })],
  });
}

function loop(depth: number, from: string) {
  return node("Loop", ["", "", from], [`y${depth}`], { body: nested(depth) });
}

test("loops that are nested deep are given up before they take long", () => {
  const made = model({
    inputs: [{ name: "a", datatype: "FP32", shape: ["N", 2] }],
    outputs: [{ name: "y12" }],
    nodes: [loop(12, "a")],
  });
  assert.equal(inferShapes(made).graph.outputs[0]!.name, "y12");
});

test("functions that call themselves, or each other many times, are given up", () => {
  const call = (name: string, from: string, to: string) => node(name, [from], [to], {}, "f");
  const body = (name: string, calls: string[]) => ({
    name,
    domain: "f",
    inputs: ["a"],
    outputs: ["b"],
    nodes: calls.map((called, index) => call(called, "a", index === 0 ? "b" : `b${index}`)),
    opsetImports: [{ domain: "f", version: 1 }],
  });
  const many = (count: number, name: string): string[] => Array.from({ length: count }, () => name);
  const made: Model = {
    ...model({
      opset: { f: 1 },
      inputs: [{ name: "x", datatype: "FP32", shape: ["N"] }],
      outputs: [{ name: "y" }, { name: "z" }],
      nodes: [call("Self", "x", "y"), call("F0", "x", "z")],
    }),
    functions: [
      body("Self", ["Self"]),
      ...Array.from({ length: 30 }, (_, index) => body(`F${index}`, many(10, `F${index + 1}`))),
    ],
  };
  assert.deepEqual(inferShapes(made).graph.outputs, [{ name: "y" }, { name: "z" }]);
});
