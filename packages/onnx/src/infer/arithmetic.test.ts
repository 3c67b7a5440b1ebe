import assert from "node:assert/strict";
import { test } from "node:test";
import { DATATYPES, type Datatype, type TypedArray } from "@longshore/core";
import fc from "fast-check";
import { runModel } from "../../../../test/support/ort.ts";
import { model, node, type AttributeValue } from "../build.ts";
import { calculate } from "./arithmetic.ts";
import type { Dim } from "./dims.ts";
import type { Elements } from "./elements.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;

function calculated(
  operator: string,
  elemTypes: readonly number[],
  operands: readonly Elements[],
  attributes: Attributes = {},
): Elements | undefined {
  const inputs = operands.map((elements, index) => ({
    elemType: elemTypes[index],
    shape: [elements.length],
    elements,
  }));
  const call = {
    node: node(operator, ["a", "b", "c"].slice(0, operands.length), ["y"], attributes),
    opset: 17,
    inputs,
    subgraph: () => [],
  };
  return calculate(call, [Math.max(...operands.map(({ length }) => length))]);
}

interface Operator {
  readonly name: string;
  readonly gives: Datatype | "same";
  readonly attributes?: Attributes;
  readonly single?: true;
  readonly only?: Datatype;
}

const OPERATORS: readonly Operator[] = [
  ...["Add", "Sub", "Mul", "Div", "Max", "Min"].map((name) => ({ name, gives: "same" as const })),
  { name: "Mod", gives: "same", only: "INT64" },
  { name: "Mod", gives: "same", attributes: { fmod: 1 } },
  { name: "Pow", gives: "same", only: "FP32" },
  ...["Abs", "Neg"].map((name) => ({
    name,
    gives: "same" as const,
    single: true as const,
  })),
  ...["Floor", "Ceil", "Sqrt", "Relu"].map((name) => ({
    name,
    gives: "same" as const,
    single: true as const,
    only: "FP32" as const,
  })),
  ...["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"].map((name) => ({
    name,
    gives: "BOOL" as const,
  })),
  { name: "Cast", gives: "FP32", attributes: { to: 1 }, single: true },
  { name: "Cast", gives: "INT64", attributes: { to: 7 }, single: true },
  { name: "Cast", gives: "BOOL", attributes: { to: 9 }, single: true },
];

test("elements are those that ONNX Runtime calculates", async () => {
  for (const { name, gives, attributes = {}, single, only } of OPERATORS) {
    for (const datatype of only ? [only] : (["INT64", "FP32"] as const)) {
      const whole = fc.integer({ min: -9, max: 9 });
      const value = datatype === "FP32" ? fc.float({ min: -9, max: 9, noNaN: true }) : whole;
      await fc.assert(
        fc.asyncProperty(fc.array(value, { minLength: 3, maxLength: 3 }), value, async (a, b) => {
          // An integer over zero has no result.
          fc.pre(b !== 0 || datatype === "FP32");
          const names = single ? ["a"] : ["a", "b"];
          const spec = { datatype, shape: ["?"] };
          const made = model({
            inputs: names.map((input) => ({ name: input, ...spec })),
            outputs: [{ name: "y", datatype: gives === "same" ? datatype : gives, shape: ["?"] }],
            nodes: [node(name, names, ["y"], attributes)],
          });
          const toArray = (values: number[]): TypedArray =>
            datatype === "FP32" ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
          const feeds = Object.fromEntries(
            names.map((input, index) => {
              const values = index === 0 ? a : [b];
              return [input, { datatype, shape: [values.length], data: toArray(values) }];
            }),
          );
          const expected = (await runModel(made, feeds)).get("y")!.data as TypedArray;
          const elemType = DATATYPES[datatype].onnx;
          const operands = single ? [a] : [a, [b]];
          const found = calculated(name, [elemType, elemType], operands, attributes)!;
          for (const [index, one] of Array.from<number | bigint, number>(
            expected,
            Number,
          ).entries()) {
            const mine = found[index] as number;
            const near = Math.abs(mine - one) <= 1e-6 * Math.abs(one);
            assert.ok(Object.is(mine, one) || mine === one || near, `${name}: ${mine}, not ${one}`);
          }
        }),
        { numRuns: 8 },
      );
    }
  }
});

const INT64 = 7;

test("symbols stand for lengths: what holds for any of them is known", () => {
  const cases: readonly (readonly [string, readonly Dim[], Dim])[] = [
    ["Add", ["N", 0], "N"],
    ["Add", [0, "N"], "N"],
    ["Add", ["N", 1], undefined],
    ["Sub", ["N", "N"], 0],
    ["Sub", ["N", "M"], undefined],
    ["Sub", ["N", 0], "N"],
    ["Mul", ["N", 1], "N"],
    ["Mul", [1, "N"], "N"],
    ["Mul", ["N", 2], undefined],
    ["Div", ["N", 1], "N"],
    ["Div", ["N", 2], undefined],
    ["Max", ["N", "N"], "N"],
    ["Max", ["N", 1], undefined],
    ["Equal", ["N", "N"], 1],
    ["Equal", ["N", -1], 0],
    ["Equal", [-1, "N"], 0],
    ["Equal", ["N", "M"], undefined],
    ["Equal", ["N", 3], undefined],
    ["Equal", [undefined, undefined], undefined],
    ["Where", [1, "N", 3], "N"],
    ["Where", [0, "N", 3], 3],
    ["Where", [undefined, "N", "N"], "N"],
    ["Where", [undefined, "N", 3], undefined],
    ["Floor", ["N"], "N"],
    ["Neg", ["N"], undefined],
  ];
  for (const [operator, operands, expected] of cases) {
    const types = operator === "Where" ? [9, INT64, INT64] : operands.map(() => INT64);
    const [found] = calculated(
      operator,
      types,
      operands.map((operand) => [operand]),
    )!;
    assert.equal(found, expected, `${operator}(${operands.join()})`);
  }
  assert.deepEqual(calculated("Cast", [INT64], [["N"]], { to: 1 }), ["N"]);
  assert.deepEqual(calculated("Cast", [INT64], [["N"]], { to: 9 }), [undefined], "N may be 0");
});

test("what a double cannot hold exactly is not known", () => {
  const large = 2 ** 52;
  assert.deepEqual(calculated("Add", [INT64, INT64], [[large], [large - 1]]), [2 ** 53 - 1]);
  assert.deepEqual(calculated("Mul", [INT64, INT64], [[large], [2]]), [undefined]);
  assert.deepEqual(calculated("Mul", [6, 6], [[2 ** 20], [2 ** 11]]), [undefined], "INT32");
  assert.deepEqual(calculated("Div", [INT64, INT64], [[1], [0]]), [undefined]);
});
