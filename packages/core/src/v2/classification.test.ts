import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { toFloat16 } from "../float16.ts";
import { elementCount, type Tensor } from "../tensor.ts";
import { checkClassification, classify, classifyOutputs } from "./classification.ts";
import { decode, MODEL, N, X } from "./fixtures.test.ts";
import { formatFixed } from "./formatFixed.ts";

function single(shape: readonly number[], values: readonly number[]): Tensor {
  return { datatype: "FP32", shape, data: Float32Array.from(values) };
}

describe("six decimals", () => {
  /** `%f` of C, by the exact value: rounded half to even in integers of any size. */
  function exact(value: number): string {
    const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!;
    const exponent = Number((bits >> 52n) & 0x7ffn);
    const fraction = bits & 0xf_ffff_ffff_ffffn;
    // |value| = mantissa / 2^1074, always.
    const mantissa = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
    const scaled = mantissa * 1_000_000n;
    const unit = 1n << 1074n;
    let [digits, rest] = [scaled / unit, scaled % unit];
    if (rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n)) digits++;
    const text = digits.toString().padStart(7, "0");
    return `${bits >> 63n ? "-" : ""}${text.slice(0, -6)}.${text.slice(-6)}`;
  }

  test("are those of the exact value", () => {
    const ties = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((odd) => (2 * odd + 1) / 128);
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const singles = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(finite, singles, ties), (value) => {
        assert.equal(formatFixed(value), exact(value));
      }),
      { numRuns: 5_000 },
    );
  });

  test("of numbers that C writes in its own way", () => {
    const cases: [number, string][] = [
      [0.0078125, "0.007812"],
      [-0.0234375, "-0.023438"],
      [-0, "-0.000000"],
      [-1e-9, "-0.000000"],
      [1e21, "1000000000000000000000.000000"],
      [Number.NaN, "nan"],
      [Number.POSITIVE_INFINITY, "inf"],
      [Number.NEGATIVE_INFINITY, "-inf"],
    ];
    for (const [value, text] of cases) assert.equal(formatFixed(value), text);
  });
});

describe("classes", () => {
  test("each row by itself, with labels where there are any", () => {
    const tensor = single([2, 3], [0.25, 1, 0.5, 3, 2, 1]);
    assert.deepEqual(classify(tensor, 2, true, ["a", "b"]), {
      datatype: "BYTES",
      shape: [2, 2],
      data: ["1.000000:1:b", "0.500000:2", "3.000000:0:a", "2.000000:1:b"],
    });
  });

  test("the whole output where there are no rows", () => {
    const { shape, data } = classify(single([2, 2], [1, 3, 0.5, 2]), 3, false);
    assert.deepEqual([shape, data], [[3], ["3.000000:1", "2.000000:3", "1.000000:0"]]);
  });

  test("no more than there are", () => {
    assert.deepEqual(classify(single([1, 2], [1, 2]), 9, true).shape, [1, 2]);
    assert.deepEqual(classify(single([2, 0], []), 9, true), {
      datatype: "BYTES",
      shape: [2, 0],
      data: [],
    });
    assert.deepEqual(classify(single([0, 4], []), 9, true).shape, [0, 4]);
    assert.deepEqual(classify(single([], [7]), 1, true).data, ["7.000000:0"]);
    assert.deepEqual(classify(single([2], [7, 8]), 5, true).data, ["7.000000:0", "8.000000:0"]);
  });

  test("values as their data type has them", () => {
    const of = (datatype: Tensor["datatype"], data: ArrayBufferView): unknown =>
      classify({ datatype, shape: [1, 2], data }, 2, true).data;
    assert.deepEqual(of("INT64", BigInt64Array.of(-1n, 2n ** 62n)), [
      "4611686018427387904:1",
      "-1:0",
    ]);
    assert.deepEqual(of("UINT64", BigUint64Array.of(2n ** 64n - 1n, 0n)), [
      "18446744073709551615:0",
      "0:1",
    ]);
    assert.deepEqual(of("UINT8", Uint8Array.of(3, 200)), ["200:1", "3:0"]);
    assert.deepEqual(of("FP64", Float64Array.of(0.1, 1 / 3)), ["0.333333:1", "0.100000:0"]);
    assert.deepEqual(of("FP16", Uint16Array.of(toFloat16(0.5), toFloat16(2))), [
      "2.000000:1",
      "0.500000:0",
    ]);
  });

  test("are those that sorting everything gives", () => {
    const value = fc.oneof(
      fc.float(),
      fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    );
    const rows = fc.integer({ min: 0, max: 4 });
    const width = fc.integer({ min: 1, max: 40 });
    const cases = fc.tuple(rows, width).chain(([rowCount, columns]) =>
      fc.record({
        shape: fc.constant([rowCount, columns] as const),
        values: fc.array(value, {
          minLength: rowCount * columns,
          maxLength: rowCount * columns,
        }),
        count: fc.integer({ min: 1, max: 45 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, values, count }) => {
        const [rowCount, columns] = shape;
        const expected: string[] = [];
        for (let row = 0; row < rowCount; row++) {
          const numbers = values.slice(row * columns, (row + 1) * columns);
          const ranked = numbers
            .map((number, index) => ({ number, index, key: Number.isNaN(number) ? 1 : 0 }))
            .toSorted(
              (a, b) =>
                a.key - b.key ||
                (a.key === 0 && a.number !== b.number
                  ? a.number < b.number
                    ? 1
                    : -1
                  : a.index - b.index),
            );
          for (const { number, index } of ranked.slice(0, count)) {
            expected.push(`${formatFixed(Math.fround(number))}:${index}`);
          }
        }
        const classes = classify(single(shape, values), count, true);
        assert.deepEqual(classes.data, expected);
        assert.equal(elementCount(classes.shape), expected.length);
      }),
    );
  });
});

test("only the outputs that are wanted so are replaced", () => {
  const signature = {
    inputs: [],
    outputs: [
      { name: "y", datatype: "FP32", shape: ["N", 2], labels: ["no", "yes"] },
      { name: "z", datatype: "FP32", shape: ["N"] },
    ],
  } as const;
  const outputs = new Map([
    ["z", single([1], [5])],
    ["y", single([1, 2], [0, 1])],
  ]);
  const wanted = new Map([
    ["y", 1],
    ["absent", 3],
  ]);
  const classified = classifyOutputs(outputs, wanted, { signature, batchable: true });
  assert.deepEqual([...classified.keys()], ["z", "y"]);
  assert.equal(classified.get("z"), outputs.get("z"));
  assert.deepEqual(classified.get("y")!.data, ["1.000000:1:yes"]);
});

test("requests say what they want as classes", () => {
  const read = (outputs: string): unknown =>
    decode(`{"inputs":[${X},${N}],"outputs":[${outputs}]}`).classes;
  assert.deepEqual(
    read('{"name":"y","parameters":{"classification":3,"binary_data":true}},{"name":"z"}'),
    new Map([["y", 3]]),
  );
  assert.equal(read('{"name":"y","parameters":{"classification":0}}'), undefined);
  assert.equal(read('{"name":"y"}'), undefined);
});

test("texts and booleans cannot be ranked", () => {
  const outputs = [{ name: "t", datatype: "BYTES", shape: ["N"] }] as const;
  const model = { ...MODEL, signature: { inputs: [], outputs } };
  assert.throws(() => checkClassification(model, "t", " in outputs[0]"), {
    code: "PARAMETER_INVALID",
    message:
      'parameter "classification" in outputs[0]: expected an output of numbers, got "t" of BYTES',
  });
});
