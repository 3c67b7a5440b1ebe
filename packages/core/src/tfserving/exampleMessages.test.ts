import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUtf8 } from "../json/utf8.ts";
import type { ModelContract } from "../validate.ts";
import { readExamples } from "./exampleMessages.ts";
import { decodeExamples } from "./examples.ts";
import { content, LIMITS, TABLE, TEXT, toBody, toModel, VECTOR } from "./fixtures.test.ts";
import type { ExampleMessage, FeatureMessage, InputMessage } from "./messages/examples.ts";

const floats = (...values: number[]): FeatureMessage => ({
  float_list: { value: Float32Array.from(values) },
});
const integers = (...values: number[]): FeatureMessage => ({
  int64_list: { value: BigInt64Array.from(values, BigInt) },
});
const texts = (...values: string[]): FeatureMessage => ({
  bytes_list: { value: values.map(encodeUtf8) },
});
const example = (feature: Record<string, FeatureMessage>): ExampleMessage => ({
  features: { feature },
});
const list = (...examples: ExampleMessage[]): InputMessage => ({ example_list: { examples } });

function read(model: ModelContract, input: InputMessage): ReturnType<typeof content> {
  return content(readExamples(input, model, LIMITS).inputs);
}

test("examples become the inputs that the same JSON becomes", () => {
  const json = {
    context: { tag: "x" },
    examples: [
      { signal: [1, 2, -3], sensor: [0.5, 1, 2, 4], other: "passed over" },
      { signal: [4, 5, 6], sensor: [1, 2, 3, -4.25] },
    ],
  };
  const input: InputMessage = {
    example_list_with_context: {
      context: example({ tag: texts("x") }),
      examples: json.examples.map(({ signal, sensor }) =>
        example({ signal: integers(...signal), sensor: floats(...sensor), other: texts("y") }),
      ),
    },
  };
  assert.deepEqual(read(TABLE, input), content(decodeExamples(toBody(json), TABLE, LIMITS).inputs));
  assert.equal(readExamples(input, TABLE, LIMITS).count, 2);
});

test("each type from the list that it has", () => {
  const of = (datatype: "FP16" | "BF16" | "BOOL" | "UINT64" | "UINT8") =>
    toModel([{ name: "x", datatype, shape: ["N", 2] }]);
  const shape = [1, 2];
  assert.deepEqual(read(of("FP16"), list(example({ x: floats(1, -2) })))["x"], [
    shape,
    [0x3c00, 0xc000],
  ]);
  assert.deepEqual(read(of("BF16"), list(example({ x: floats(1, -2) })))["x"], [
    shape,
    [0x3f80, 0xc000],
  ]);
  assert.deepEqual(read(of("BOOL"), list(example({ x: integers(1, 0) })))["x"], [shape, [1, 0]]);
  assert.deepEqual(read(of("UINT64"), list(example({ x: integers(1, 7) })))["x"], [
    shape,
    [1n, 7n],
  ]);
  assert.throws(
    () => read(of("UINT8"), list(example({ x: integers(1, 256) }))),
    /element 1 is 256; expected an integer from 0 to 255/,
  );
  assert.throws(() => read(of("UINT64"), list(example({ x: integers(-1, 1) }))), /element 0 is -1/);
  assert.throws(() => read(of("BOOL"), list(example({ x: integers(2, 1) }))), /from 0 to 1/);
});

test("what is wrong is told", () => {
  const cases: readonly [ModelContract, InputMessage | undefined, RegExp][] = [
    [VECTOR, undefined, /field "input" is missing; expected at least one tensorflow.Example/],
    [VECTOR, {}, /field "input" is missing/],
    [VECTOR, list(), /field "input" is missing/],
    [VECTOR, list({}), /input "x" is missing; expected FP32\[-1\], a feature in examples\[0\]/],
    [VECTOR, list(example({ x: {} })), /input "x" is missing/],
    [
      VECTOR,
      list(example({ x: integers(1) })),
      /"examples\[0\].x": expected float_list, of which FP32 is made, got int64_list/,
    ],
    [VECTOR, list(example({ x: floats(1, 2) })), /expected FP32\[-1\], got 2 values an example/],
    [VECTOR, list(example({ x: floats() })), /got 0 values an example/],
    [TEXT, list(example({ text: { bytes_list: { value: [Uint8Array.of(255)] } } })), /not UTF-8/],
    [
      VECTOR,
      {
        example_list_with_context: {
          examples: [example({ x: floats(1) })],
          context: example({ x: floats(2) }),
        },
      },
      /"examples\[0\].x": it is in the context too/,
    ],
  ];
  for (const [model, input, says] of cases)
    assert.throws(() => readExamples(input, model, LIMITS), says);
  // A feature of a hostile name, and inputs that are named as what every object has.
  const odd = toModel([{ name: "toString", datatype: "FP32", shape: ["N"] }]);
  assert.throws(() => readExamples(list({}), odd, LIMITS), /input "toString" is missing/);
});
