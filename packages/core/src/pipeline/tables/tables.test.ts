/** What holds for all steps of tables, and what an example cannot show. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ExampleColumn, StepExample } from "../example.ts";
import { NO_PLATFORM, runStep, toFrame, toPlain, typesOf } from "../exampleFrame.test.ts";
import type { Column } from "../frame.ts";
import { newNotes } from "../notes.ts";
import { STEPS } from "../steps.ts";
import { bucket } from "./bucket.ts";
import { combine } from "./combine.ts";
import { newNumbers } from "./numbers.ts";

/** Steps of tables: those with these names in front of `combine`, the last one of them. */
const TABLES = STEPS.slice(0, STEPS.indexOf(combine) + 1);

/** A column as often as this, one below the other. */
function repeat(column: ExampleColumn, times: number): ExampleColumn {
  if (Array.isArray(column)) return Array.from({ length: times }, () => column).flat();
  if (!("datatype" in column)) throw new Error("no column of a table");
  return {
    ...column,
    shape: [column.shape[0]! * times, ...column.shape.slice(1)],
    data: Array.from({ length: times }, () => column.data).flat(),
  };
}

function repeatAll(columns: StepExample["given"], times: number): StepExample["given"] {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, repeat(column, times)]),
  );
}

describe("rows are independent of each other, however many there are", () => {
  assert.equal(TABLES.length, 15);
  for (const step of TABLES) {
    test(step.name, async () => {
      for (const example of step.examples) {
        const { frame } = await runStep(step, { ...example, given: repeatAll(example.given, 30) });
        assert.deepEqual(toPlain(frame), toPlain(toFrame(repeatAll(example.gives, 30))));
      }
    });
  }
});

describe("no rows give no rows", () => {
  for (const step of TABLES) {
    test(step.name, async () => {
      const [example] = step.examples;
      const prepared = await prepare(step, example!);
      const { columns } = toFrame(example!.given);
      const empty = new Map(
        [...columns].map(([name, { kind }]): [string, Column] => [name, emptyColumn(kind)]),
      );
      const frame = { rows: 0, columns: empty };
      await prepared.apply(frame, newNotes());
      for (const [name, { kind }] of prepared.types) {
        const column = frame.columns.get(name)!;
        assert.equal(column.kind, kind);
        if (column.kind === "tensor") assert.equal(column.tensor.shape[0], 0);
        else assert.equal(column.values.length, 0, name);
      }
    });
  }
});

function emptyColumn(kind: Column["kind"]): Column {
  return kind === "number" ? { kind, values: new Float64Array(0) } : { kind: "text", values: [] };
}

describe("columns that came are not written to", () => {
  for (const step of TABLES) {
    test(step.name, async () => {
      for (const example of step.examples) {
        const prepared = await prepare(step, example);
        const frame = toFrame(example.given);
        const before = toFrame(example.given);
        const came = { ...frame, columns: new Map(frame.columns) };
        await prepared.apply(frame, newNotes());
        assert.deepEqual(toPlain(came), toPlain(before));
      }
    });
  }
});

function prepare(step: (typeof STEPS)[number], { options, given }: StepExample) {
  return step.prepare(step.options.parse(options), {
    types: typesOf(given),
    phase: "before",
    inputs: {},
    outputs: {},
    signature: { inputs: [], outputs: [] },
    profile: undefined,
    platform: NO_PLATFORM,
  });
}

test("new columns are zeros that share no elements", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(5), (rows, count) => {
      const columns = newNumbers(rows, count);
      assert.deepEqual(
        columns.map((values) => [...values]),
        Array.from({ length: count }, () => Array.from({ length: rows }, () => 0)),
      );
      for (const [index, values] of columns.entries()) values.fill(index + 1);
      for (const [index, values] of columns.entries())
        assert.ok(values.length === rows && values.every((value) => value === index + 1));
    }),
  );
});

test("a bucket is the number of edges that are not above the value", async () => {
  const number = fc.double({ noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(number.filter(Number.isFinite), { minLength: 1 }),
      fc.array(number, { minLength: 1 }),
      async (edges, values) => {
        const rising = edges.map((edge) => edge + 0).toSorted((a, b) => a - b);
        const all = [...values, ...rising];
        fc.pre(rising.every((edge, index) => index === 0 || edge > rising[index - 1]!));
        const options = { columns: ["a"], edges: [rising] };
        const { frame } = await runStep(bucket, { options, given: { a: all } });
        const column = frame.columns.get("a");
        assert.ok(column?.kind === "number");
        const expected = all.map((value) => rising.filter((edge) => edge <= value).length);
        assert.deepEqual([...column.values], expected);
      },
    ),
  );
});

describe("combine", () => {
  const tensorOf = async (options: object, given: StepExample["given"]): Promise<unknown> => {
    const { frame } = await runStep(combine, { options: { into: "x", ...options }, given });
    const column = frame.columns.get("x");
    assert.ok(column?.kind === "tensor");
    const { datatype, shape, data } = column.tensor;
    return [datatype, ...shape, ...(data as unknown as Iterable<unknown>)];
  };

  test("numbers and tensors stand side by side, in any order and more than once", async () => {
    const v = { datatype: "FP32", shape: [2, 2], data: [1, 2, 3, 4] } as const;
    assert.deepEqual(
      await tensorOf({ columns: ["a", "v", "a"], datatype: "FP64" }, { a: [0.1, 8], v }),
      ["FP64", 2, 4, 0.1, 1, 2, 0.1, 8, 3, 4, 8],
    );
  });

  test("integers and texts", async () => {
    assert.deepEqual(await tensorOf({ columns: ["a"], datatype: "INT64" }, { a: [7, -3] }), [
      "INT64",
      2,
      1,
      7n,
      -3n,
    ]);
    assert.deepEqual(
      await tensorOf({ columns: ["a", "b"], datatype: "INT32" }, { a: [7], b: [2] }),
      ["INT32", 1, 2, 7, 2],
    );
    assert.deepEqual(
      await tensorOf({ columns: ["s", "t"], datatype: "BYTES" }, { s: ["a", null], t: ["", "b"] }),
      ["BYTES", 2, 2, "a", "", "", "b"],
    );
  });

  test("a star stands for the columns whose names begin so, unless a column has that name", async () => {
    const given = { b_2: [2], a: [0], b_1: [1], c: [9], "c*": [5] };
    assert.deepEqual(await tensorOf({ columns: ["a", "b_*", "c*"] }, given), [
      "FP32",
      1,
      4,
      0,
      2,
      1,
      5,
    ]);
  });

  test("columns that stay", async () => {
    const { frame } = await runStep(combine, {
      options: { columns: ["a"], into: "x", keep: true },
      given: { a: [1] },
    });
    assert.deepEqual([...frame.columns.keys()], ["a", "x"]);
  });

  test("a tensor that is a view between other bytes", async () => {
    const { apply } = await prepare(combine, {
      options: { columns: ["v"], into: "x" },
      given: { v: { datatype: "FP32", shape: [1, 2], data: [0, 0] } },
      gives: {},
    });
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat32(1, 1.5, true);
    new DataView(bytes.buffer).setFloat32(5, -2, true);
    const tensor = { datatype: "FP32", shape: [1, 2], data: bytes.subarray(1) } as const;
    const columns = new Map([["v", { kind: "tensor", tensor } as const]]);
    await apply({ rows: 1, columns }, newNotes());
    const made = columns.get("x" as "v");
    assert.deepEqual([...(made!.tensor.data as unknown as Float32Array)], [1.5, -2]);
  });
});
