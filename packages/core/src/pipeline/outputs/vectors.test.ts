/** Parity with scikit-learn and SciPy: `vectors/make.py` wrote what they give. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { runStep } from "../exampleFrame.test.ts";
import type { Step } from "../step.ts";
import { exp } from "./exp.ts";
import { platt } from "./platt.ts";
import { powerBack } from "./powerBack.ts";
import { scaleBack } from "./scaleBack.ts";
import { sigmoid } from "./sigmoid.ts";
import { softmax } from "./softmax.ts";
import { temperature } from "./temperature.ts";

interface Pairs {
  readonly given: number[];
  readonly gives: number[];
}
interface Rows {
  readonly given: number[][];
  readonly gives: number[][];
}
interface Vectors {
  readonly power: readonly (Pairs & { readonly method: string; readonly lambda: number })[];
  readonly scale: readonly (Pairs & { scaler: string; scale: number; center: number })[];
  readonly platt: Pairs & { readonly a: number; readonly b: number };
  readonly sigmoid: Pairs;
  readonly softmax: Rows;
  readonly temperature: Rows & { readonly temperature: number };
}

const VECTORS = JSON.parse(
  readFileSync(new URL("vectors/vectors.json", import.meta.url), "utf8"),
) as Vectors;

/** What differs at most, of the largest of 1 and the number: double precision's last digits. */
const TOLERANCE = 1e-12;

function assertNear(got: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [index, value] of expected.entries())
    assert.ok(
      Math.abs(got[index]! - value) <= TOLERANCE * Math.max(1, Math.abs(value)),
      `[${index}]: ${got[index]} is not ${value}`,
    );
}

/** A step over the number column `y`. */
async function numbersAfter(step: Step, options: object, given: number[]): Promise<Float64Array> {
  const { frame } = await runStep(step, {
    options: { column: "y", ...options },
    given: { y: given },
  });
  const column = frame.columns.get("y");
  assert.equal(column?.kind, "number");
  return column.values;
}

/** A step over the tensor `y`. */
async function rowsAfter(step: Step, options: object, given: number[][]): Promise<Float64Array> {
  const y = {
    datatype: "FP64",
    shape: [given.length, given[0]!.length],
    data: given.flat(),
  } as const;
  const { frame } = await runStep(step, { options: { column: "y", ...options }, given: { y } });
  const column = frame.columns.get("y");
  assert.equal(column?.kind, "tensor");
  return column.tensor.data as Float64Array;
}

describe("inverse transforms give what scikit-learn's do", () => {
  for (const { method, lambda, given, gives } of VECTORS.power)
    test(`power-back, ${method}, ${lambda.toFixed(2)}`, async () => {
      assertNear(await numbersAfter(powerBack, { method, lambda }, given), gives);
    });
  for (const { scaler, scale, center, given, gives } of VECTORS.scale)
    test(`scale-back, ${scaler}`, async () => {
      assertNear(await numbersAfter(scaleBack, { scale, center }, given), gives);
    });
});

describe("probabilities are those of scikit-learn and SciPy", () => {
  test("platt", async () => {
    const { a, b, given, gives } = VECTORS.platt;
    assertNear(await numbersAfter(platt, { a, b }, given), gives);
  });
  test("sigmoid", async () => {
    assertNear(await numbersAfter(sigmoid, {}, VECTORS.sigmoid.given), VECTORS.sigmoid.gives);
  });
  test("softmax", async () => {
    const { given, gives } = VECTORS.softmax;
    assertNear(await rowsAfter(softmax, {}, given), gives.flat());
  });
  test("temperature, of probabilities", async () => {
    const { temperature: degree, given, gives } = VECTORS.temperature;
    const options = { temperature: degree, of: "probabilities" };
    assertNear(await rowsAfter(temperature, options, given), gives.flat());
  });
});

test("exp undoes the logarithms of numpy", async () => {
  const values = [-0.5, 0, 1e-12, 3, 1e6];
  const logs = { exp: Math.log, expm1: Math.log1p, exp2: Math.log2, exp10: Math.log10 };
  for (const [name, log] of Object.entries(logs)) {
    const offset = name === "expm1" ? 0 : 1;
    const given = values.map((value) => log(value + offset));
    assertNear(await numbersAfter(exp, { function: name, offset }, given), values);
  }
});
