import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { fromBfloat16 } from "../bfloat16.ts";
import { ElementReader } from "./elements.ts";
import { JsonReader } from "./reader.ts";
import { encodeUtf8 } from "./utf8.ts";

const DATATYPE_NAMES = Object.keys(DATATYPES) as Datatype[];

function read(text: string, datatype: Datatype, capacity = 4, maxElements = 1e6): ElementReader {
  const reader = new JsonReader(encodeUtf8(text), 16);
  const elements = new ElementReader("x", "data", datatype, capacity, maxElements);
  elements.read(reader, 0);
  reader.finish();
  return elements;
}

/** Elements as plain values, whatever holds them. */
function values(datatype: Datatype, { data }: ElementReader): unknown[] {
  if (datatype === "FP16") {
    const { buffer, byteOffset, length } = data as Uint16Array<ArrayBuffer>;
    return [...new Float16Array(buffer, byteOffset, length)];
  }
  if (datatype === "BF16") return Array.from(data as Uint16Array, fromBfloat16);
  return [...(data as Iterable<unknown>)];
}

type Nested<Value> = Value | Nested<Value>[];

/** The shape of nested arrays by the definition; undefined where they are ragged. */
function shapeOf(value: Nested<number>): number[] | undefined {
  if (!Array.isArray(value)) return [];
  const shapes = value.map(shapeOf);
  const [first = []] = shapes;
  if (shapes.some((shape) => shape === undefined || shape.join() !== first.join()))
    return undefined;
  return [value.length, ...first];
}

test("shape and order are those of the nesting; what is ragged is refused", () => {
  const { nested } = fc.letrec<{ nested: Nested<number> }>((tie) => ({
    nested: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: -9, max: 9 }),
      fc.array(tie("nested"), { maxLength: 3 }),
    ),
  }));
  const regular = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).map((shape) => {
    let next = 0;
    const build = (axis: number): Nested<number> =>
      axis === shape.length ? next++ : Array.from({ length: shape[axis]! }, () => build(axis + 1));
    return build(0);
  });
  fc.assert(
    fc.property(fc.oneof(nested, regular), fc.constantFrom(0, 1), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const shape = shapeOf(value);
      if (shape === undefined) {
        assert.throws(() => read(text, "INT32"), { code: "INPUT_RAGGED" });
        return;
      }
      const elements = read(text, "INT32");
      assert.deepEqual(elements.shape, shape);
      assert.deepEqual(values("INT32", elements), ([value] as unknown[]).flat(Infinity));
    }),
    { numRuns: 3000 },
  );
});

describe("elements of every data type", () => {
  const long = "12345678901234567";
  const cases: Record<Datatype, [text: string, expected: unknown[]]> = {
    BOOL: ["[true,false,1,0]", [1, 0, 1, 0]],
    UINT8: ["[0,255,1.0,2e2]", [0, 255, 1, 200]],
    UINT16: ["[0,65535]", [0, 65_535]],
    UINT32: ["[0,4294967295]", [0, 4_294_967_295]],
    UINT64: [
      `[0,4294967296,18446744073709551615,1.0,1e3]`,
      [0n, 2n ** 32n, 2n ** 64n - 1n, 1n, 1000n],
    ],
    INT8: ["[-128,127]", [-128, 127]],
    INT16: ["[-32768,32767]", [-32_768, 32_767]],
    INT32: ["[-2147483648,2147483647]", [-(2 ** 31), 2 ** 31 - 1]],
    INT64: [
      `[-9223372036854775808,9223372036854775807,-1,-4294967296,-${long},9007199254740993,-0]`,
      [-(2n ** 63n), 2n ** 63n - 1n, -1n, -(2n ** 32n), -BigInt(long), 2n ** 53n + 1n, 0n],
    ],
    FP16: ["[1,0.1,65504,-1e-8]", [1, 0.0999755859375, 65_504, -0]],
    BF16: ["[1,0.1,-3e38]", [1, 0.10009765625, -226 * 2 ** 120]],
    FP32: ["[0.1,-0,3.4028235677973362e38]", [Math.fround(0.1), -0, 3.4028234663852886e38]],
    FP64: ["[0.1,1.7976931348623157e308,5e-324]", [0.1, Number.MAX_VALUE, 5e-324]],
    BYTES: ['["a","","é\\n"]', ["a", "", "é\n"]],
  };
  for (const datatype of DATATYPE_NAMES) {
    test(datatype, () => {
      const [text, expected] = cases[datatype];
      const got = values(datatype, read(text, datatype, 1));
      assert.deepStrictEqual(got, expected);
    });
  }
});

describe("what does not fit is named by its index", () => {
  const cases: [Datatype, string, RegExp][] = [
    ["UINT8", "[1,300]", /element 1 is 300; expected an integer from 0 to 255 \(UINT8\)/],
    ["UINT8", "[-1]", /element 0 is -1/],
    ["INT8", "[[1],[1.5]]", /element 1 is 1\.5/],
    ["INT32", "[1e300]", /element 0 is 1e\+300/],
    ["UINT64", "[1,-1]", /element 1 is -1/],
    ["UINT64", "[18446744073709551616]", /element 0 is 18446744073709551616/],
    ["INT64", "[9223372036854775808]", /from -9223372036854775808 to 9223372036854775807/],
    ["INT64", "[0.5]", /element 0 is 0\.5/],
    ["INT64", `[${"9".repeat(100_000)}]`, /element 0 is 999/],
    ["FP16", "[65520]", /element 0 is 65520; expected a number in the range of FP16/],
    ["BF16", "[3.4e38]", /element 0 is 3\.4e\+38/],
    ["FP32", "[1,2,1e39]", /element 2 is 1e\+39/],
    ["FP32", "[3.4028235677973366e38]", /element 0 is 3\.4028235677973366e\+38/],
    ["FP64", "[1e400]", /element 0 is Infinity/],
    ["FP32", "[null]", /element 0 is null; expected a number/],
    ["FP32", '["1"]', /element 0 is a string/],
    ["FP32", "[true]", /element 0 is a JSON boolean/],
    ["FP32", "[1,{}]", /element 1 is a JSON object/],
    ["BOOL", "[2]", /element 0 is 2; expected true or false/],
    ["BOOL", '["true"]', /element 0 is a string/],
    ["BYTES", '["a",1]', /element 1 is a JSON number; expected a string/],
  ];
  for (const [datatype, text, message] of cases) {
    test(`${datatype} ${text.slice(0, 40)}`, () => {
      assert.throws(() => read(text, datatype), { code: "INPUT_ELEMENT", message });
    });
  }

  test("ragged arrays, with the place", () => {
    const where = (text: string, message: RegExp): void => {
      assert.throws(() => read(text, "FP32"), { code: "INPUT_RAGGED", message });
    };
    where("[[1,2],[3]]", /ragged at data\[1\]: expected an array of 2, got an array of 1/);
    where("[[[1],[2]],[[3],4]]", /ragged at data\[1\]\[1\]: expected an array, got an element/);
    where("[1,[2]]", /ragged at data\[1\]: expected an element, got an array/);
    where("[[],[1]]", /ragged at data\[1\]: expected an array of 0, got an array of 1/);
  });

  test("more elements than allowed, before they are all read", () => {
    assert.throws(() => read("[1,2,3,4,5]", "INT64", 1, 4), { code: "INPUT_TOO_LARGE" });
    assert.throws(() => read('["","",""]', "BYTES", 1, 2), { code: "INPUT_TOO_LARGE" });
  });
});
