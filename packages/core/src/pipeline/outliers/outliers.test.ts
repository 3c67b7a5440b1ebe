import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LongshoreError } from "../../errors.ts";
import { inputFieldSchema } from "../../manifest/fields.ts";
import { outliers } from "./outliers.ts";
import { INPUTS, PROFILE, runRules } from "./runRules.test.ts";

describe("what is done about a bad value", () => {
  const given = { age: [31, 130, null, -1] };
  const rule = { rule: "range", fields: ["age"] };

  test("flag: it is told", async () => {
    const { frame, flags } = await runRules([{ ...rule, action: "flag" }], given);
    assert.deepEqual(frame, { age: { kind: "number", values: [31, 130, "NaN", -1] } });
    assert.deepEqual(flags, [
      { row: 1, field: "age", rule: "range", message: '"age" is 130, expected 0 to 120 years' },
      { row: 3, field: "age", rule: "range", message: '"age" is -1, expected 0 to 120 years' },
    ]);
  });

  test("default: the input's default takes its place, and it is told", async () => {
    const { frame, flags } = await runRules([{ ...rule, action: "default" }], given);
    assert.deepEqual(frame, { age: { kind: "number", values: [31, 40, "NaN", 40] } });
    assert.match(flags[1]!.message, /"age" is -1, .*; the default 40 took its place$/);
  });

  test("pass: nothing", async () => {
    const { frame, flags } = await runRules([{ ...rule, action: "pass" }], given);
    assert.deepEqual(frame, { age: { kind: "number", values: [31, 130, "NaN", -1] } });
    assert.deepEqual(flags, []);
  });

  test("reject: the call is refused with the rows and the reasons", async () => {
    const refused = (ages: (number | null)[], message: string): Promise<void> =>
      assert.rejects(runRules([{ ...rule, action: "reject" }], { age: ages }), (error) => {
        assert.ok(error instanceof LongshoreError);
        assert.deepEqual([error.code, error.status, error.message], ["REJECTED", 422, message]);
        return true;
      });
    await refused([130], 'refused: "age" is 130, expected 0 to 120 years');
    await refused(
      [1, 130, -1],
      '2 of 3 rows are refused: row 1: "age" is 130, expected 0 to 120 years; ' +
        'row 2: "age" is -1, expected 0 to 120 years',
    );
    await refused(
      [-1, 1, 130, -1, 500, -7],
      '5 of 6 rows are refused: row 0: "age" is -1, expected 0 to 120 years; row 2: "age" is 130, ' +
        'expected 0 to 120 years; row 3: "age" is -1, expected 0 to 120 years; …',
    );
    await runRules([{ ...rule, action: "reject" }], { age: [0, 120, null] });
  });

  test("one refusal tells what several rules found, in the order of rows", async () => {
    const rules = [
      { rule: "category", action: "reject" },
      { rule: "range", action: "reject" },
    ];
    const given = { age: [130, 1], colour: ["red", "blue"] };
    await assert.rejects(
      runRules(rules, given),
      /2 of 2 rows are refused: row 0: "age" is 130, .*; row 1: "colour" is "blue", expected one of "red", "green"$/,
    );
  });

  test("values that callers sent are left alone: they may be used again", async () => {
    const values = Float64Array.of(130);
    const prepared = await outliers.prepare(
      outliers.options.parse({ rules: [{ ...rule, action: "default" }] }),
      {
        types: new Map([["age", { kind: "number" }]]),
        phase: "before",
        inputs: { age: inputFieldSchema.parse(INPUTS.age) },
        outputs: {},
        signature: { inputs: [], outputs: [] },
        profile: undefined,
        platform: undefined as never,
      },
    );
    const columns = new Map([["age", { kind: "number", values } as const]]);
    await prepared.apply({ rows: 1, columns }, { flags: [], placements: new Map() });
    assert.deepEqual([[...values], [...columns.get("age")!.values]], [[130], [40]]);
  });
});

describe("which fields a rule is about", () => {
  test("those with something to check against, without those that another rule names", async () => {
    const given = { age: [130], income: [-5], colour: ["blue"], city: ["Rome"], note: ["x"] };
    const { flags } = await runRules(
      [
        { rule: "range", action: "flag" },
        { rule: "range", fields: ["income"], action: "pass" },
        { rule: "category", action: "flag" },
      ],
      given,
    );
    assert.deepEqual(
      flags.map(({ field }) => field),
      ["age", "colour"],
    );
  });

  test("a missing value is no matter of range and category, but of a rule of its own", async () => {
    const given = {
      age: [null, 1],
      colour: ["red", null],
      note: ["", "x"],
      photo: { base64: ["", "aGk="] },
    };
    const { flags } = await runRules(
      [
        { rule: "range", action: "reject" },
        { rule: "category", action: "reject" },
        { rule: "missing", action: "flag" },
      ],
      given,
    );
    assert.deepEqual(
      flags.map(({ row, field, message }) => [row, field, message]),
      [
        [0, "age", '"age" is missing'],
        [1, "colour", '"colour" is missing'],
        [0, "note", '"note" is missing'],
      ],
    );
  });

  test("the profile tells what the bundle does not", async () => {
    const inputs = {
      ...INPUTS,
      plain: { type: "number" },
      many: { type: "category" },
      unknown: { type: "number" },
    };
    const { flags } = await runRules(
      [
        { rule: "range", action: "flag" },
        { rule: "category", action: "flag" },
      ],
      { plain: [2, 2.1], city: ["Oslo", "Bodø"], many: ["z", "z"], unknown: [1e9, 1] },
      { inputs, profile: PROFILE },
    );
    assert.deepEqual(
      flags.map(({ message }) => message),
      ['"plain" is 2.1, expected -2 to 2', '"city" is "Bodø", expected one of "Oslo", "Bergen"'],
    );
  });

  test("every kind of default", async () => {
    const { frame } = await runRules(
      [
        { rule: "missing", fields: ["age", "member", "colour"], action: "default" },
        { rule: "category", fields: ["colour"], action: "default" },
      ],
      { age: [null, 3], member: [null, 0], colour: ["blue", null] },
    );
    assert.deepEqual(frame, {
      age: { kind: "number", values: [40, 3] },
      member: { kind: "number", values: [1, 0] },
      colour: { kind: "text", values: ["red", "red"] },
    });
  });

  test("a tensor's elements have one range; a row is told once", async () => {
    const { flags } = await runRules(
      [{ rule: "range", action: "flag" }],
      { x: { datatype: "INT64", shape: [3, 2], data: [0, 1, -1, 9, 1, 2] } },
      { inputs: { x: { type: "tensor", datatype: "INT64", shape: [2], range: [0, 1] } } },
    );
    assert.deepEqual(
      flags.map(({ row, message }) => [row, message]),
      [
        [1, '"x" is -1, expected 0 to 1'],
        [2, '"x" is 2, expected 0 to 1'],
      ],
    );
  });
});

describe("distance", () => {
  // Two fields of variance 1 and correlation 0.8, around (10, 20).
  const covariance = { fields: ["a", "b"], count: 101, mean: [10, 20], comoments: [100, 80, 100] };
  const inputs = { a: { type: "number" }, b: { type: "number" }, c: { type: "number" } };
  const setting = { inputs, profile: { ...PROFILE, covariance } };
  // Along the correlation, against it, and with a missing value.
  const given = { a: [12, 12, Number.NaN, 10], b: [22, 18, 18, 20], c: [0, 0, 0, 0] };

  test("a row is far where each of its values is near", async () => {
    const { flags } = await runRules(
      [{ rule: "distance", quantile: 0.999, action: "flag" }],
      given,
      setting,
    );
    assert.deepEqual(flags, [
      {
        row: 1,
        rule: "distance",
        message:
          "the row is unlike the training data: its squared distance is 40, expected at most 13.8155",
      },
    ]);
  });

  test("the limit may be given itself", async () => {
    const rows = async (threshold: number): Promise<number[]> =>
      (await runRules([{ rule: "distance", threshold, action: "flag" }], given, setting)).flags.map(
        ({ row }) => row,
      );
    // 2² + 2² - 2·0.8·2·2, over 1 - 0.8²: 4.44.
    assert.deepEqual(await rows(4.4), [0, 1]);
    assert.deepEqual(await rows(4.5), [1]);
    assert.deepEqual(await rows(40.1), []);
  });

  test("or refused", async () => {
    await assert.rejects(
      runRules([{ rule: "distance", quantile: 0.999, action: "reject" }], given, setting),
      /1 of 4 rows are refused: row 1: the row is unlike the training data/,
    );
  });
});

describe("after the model", () => {
  const outputs = { price: { type: "number", range: [0, 10], unit: "€" }, p: { type: "tensor" } };
  const given = {
    price: [5, 11, Number.NaN],
    p: { datatype: "FP32", shape: [3, 2], data: [0.5, 0.5, 0.25, 0.75, Number.NaN, 1] },
  } as const;

  test("range of numbers, confidence of probabilities", async () => {
    const { flags } = await runRules(
      [
        { rule: "range", action: "flag" },
        { rule: "confidence", column: "p", floor: 0.75, action: "flag" },
      ],
      given,
      { outputs, phase: "after" },
    );
    assert.deepEqual(flags, [
      { row: 1, field: "price", rule: "range", message: '"price" is 11, expected 0 to 10 €' },
      {
        row: 0,
        field: "p",
        rule: "confidence",
        message: 'the highest of "p" is 0.5, expected at least 0.75',
      },
      {
        row: 2,
        field: "p",
        rule: "confidence",
        message: 'the highest of "p" is missing, expected at least 0.75',
      },
    ]);
  });

  test("a range holds for a tensor too", async () => {
    const price = { datatype: "FP32", shape: [2, 1], data: [5, -1] } as const;
    const { flags } = await runRules(
      [{ rule: "range", action: "flag" }],
      { price },
      { outputs, phase: "after" },
    );
    assert.deepEqual(
      flags.map(({ row, message }) => [row, message]),
      [[1, '"price" is -1, expected 0 to 10 €']],
    );
  });
});
