/** Comparing answers, to within single precision. */
import assert from "node:assert/strict";
import { isStrings, toTypedArray } from "@longshore/core";
import type { Column, Frame } from "@longshore/core/pipeline";

/** How far single precision may be off, of the largest of 1 and the number expected. */
const TOLERANCE = 2e-5;

/** The same columns, with the same values; a missing text is an empty one in a graph. */
export function assertNear(got: Frame, expected: Frame): void {
  assert.deepEqual([...got.columns.keys()].toSorted(), [...expected.columns.keys()].toSorted());
  for (const [name, column] of expected.columns)
    assertSameValue(plain(got.columns.get(name)!), plain(column), name);
}

function assertSameValue(got: unknown, expected: unknown, where: string): void {
  if (typeof expected === "number" && typeof got === "number") {
    const near =
      Object.is(got, expected) ||
      got === expected ||
      got === Math.fround(expected) ||
      Math.abs(got - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    assert.ok(near, `${where}: the graph gives ${got}, the reference ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(got as object), Object.keys(expected), where);
    for (const [key, value] of Object.entries(expected))
      assertSameValue((got as Record<string, unknown>)[key], value, `${where}.${key}`);
  } else {
    assert.equal(got, expected, where);
  }
}

function plain(column: Column): unknown {
  switch (column.kind) {
    case "number":
      return [...column.values];
    case "text":
      return column.values.map((value) => value ?? "");
    case "tensor": {
      const { datatype, shape, data } = column.tensor;
      const elements = isStrings(data) ? [...data] : [...toTypedArray(datatype, data)];
      return { datatype, shape: [...shape], elements };
    }
    default:
      return column.values;
  }
}
