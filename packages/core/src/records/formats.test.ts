/** The same rows in every format are the same frame. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeUtf8 } from "../json/utf8.ts";
import { content, decode, EVERYTHING, LIMITS, LISTS, TEXT, toContract } from "./fixtures.test.ts";
import { decodeJsonLineRecords, toPartRecords, toTableRecords } from "./index.ts";

const TABLE = toContract({
  age: { type: "number" },
  height: { type: "number", optional: true },
  member: { type: "boolean" },
  city: { type: "category", optional: true },
  note: { type: "text" },
  day: { type: "date", optional: true },
  pulse: { type: "series" },
});

const text = fc.string({ unit: "binary", maxLength: 12 });
/** `JSON.stringify` has no -0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const row = fc.record({
  age: number,
  height: fc.option(number),
  member: fc.boolean(),
  city: fc.option(text.filter((value) => value !== "")),
  note: text,
  day: fc.option(fc.constantFrom("2024-02-29", "1999-12-31T23:59:59.5Z")),
  pulse: fc.array(
    fc.double({ noNaN: true, min: -1e30, max: 1e30 }).map((value) => value + 0),
    { maxLength: 4 },
  ),
});

test("rows, columns, lines, tables and parts of the same data are the same frame", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.boolean(), (rows, leaveOut) => {
      const names = Object.keys(TABLE.inputs);
      const value = (each: (typeof rows)[number], name: string): unknown =>
        each[name as keyof typeof each];
      const given = rows.map((each) =>
        Object.fromEntries(
          names
            .map((name) => [name, value(each, name)] as const)
            .filter(([, cell]) => !leaveOut || cell !== null),
        ),
      );
      const columns = Object.fromEntries(
        names.map((name) => [name, rows.map((each) => value(each, name))]),
      );
      const texts = rows.map((each) => names.map((name) => toText(value(each, name))));
      const expected = content(decode(TABLE, given).frame);
      const others = [
        decode(TABLE, columns),
        decodeJsonLineRecords(
          encodeUtf8(given.map((each) => `${JSON.stringify(each)}\r\n`).join("")),
          TABLE,
          LIMITS,
        ),
        toTableRecords(
          { header: names, records: texts.map((fields, index) => ({ line: index + 2, fields })) },
          TABLE,
          LIMITS,
        ),
        toPartRecords(
          texts.flatMap((fields) => names.map((name, index) => ({ name, value: fields[index]! }))),
          TABLE,
          LIMITS,
        ),
      ];
      for (const { frame } of others) {
        assert.equal(frame.rows, rows.length);
        assert.deepEqual(content(frame), expected);
      }
    }),
    { numRuns: 500 },
  );
});

/** As CSV has it. */
function toText(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

describe("lines", () => {
  const lines = (body: string, contract = EVERYTHING): object =>
    decodeJsonLineRecords(encodeUtf8(body), contract, LIMITS).frame;
  test("bare values for a single field, empty lines between", () => {
    const { frame, form } = decodeJsonLineRecords(
      encodeUtf8('"a"\n\n{"text":"b"}\n'),
      TEXT,
      LIMITS,
    );
    assert.deepEqual(content(frame), { text: ["a", "b"] });
    assert.deepEqual(form, { kind: "rows", count: 2 });
  });
  test("what is wrong", () => {
    assert.throws(() => lines(""), { code: "BODY_EMPTY" });
    assert.throws(() => lines("\n"), { code: "FIELD_INVALID", message: /no rows/ });
    assert.throws(() => lines('{"age":1}\n{"age":'), { code: "JSON_INVALID" });
    assert.throws(() => lines('{"age":1}\n5'), { message: /"inputs\[1\]": expected an object/ });
    assert.throws(() => lines('{"age":1}\n{"age":"x"}'), { message: /"age" in row 1/ });
    assert.throws(() => lines('{"age":1,"age":2}'), { code: "JSON_DUPLICATE" });
  });
});

describe("tables", () => {
  const table = (header: string[], ...records: string[][]): object =>
    toTableRecords(
      { header, records: records.map((fields, index) => ({ line: index + 2, fields })) },
      EVERYTHING,
      LIMITS,
    ).frame;
  test("numbers as spreadsheets write them, words for booleans", () => {
    const frame = table(["age", "height", "member"], [" +41. ", ".5e1", "TRUE"], ["7", "", "0"]);
    const { age, height, member } = content(frame as never);
    assert.deepEqual(
      { age, height, member },
      {
        age: [41, 7],
        height: [5, Number.NaN],
        member: [1, 0],
      },
    );
  });
  test("what is wrong", () => {
    const cases: [header: string[], record: string[], message: RegExp][] = [
      [["age"], ["0x10"], /"age" in line 2: expected a whole number \(years\), got "0x10"/],
      [["age"], ["1,5"], /got "1,5"/],
      [["age"], ["nan"], /got "nan"/],
      [["age"], ["1e999"], /a finite number, got Infinity/],
      [["age"], [""], /"age" is missing in line 2/],
      [["age", "member"], ["1", "yes"], /expected true or false, got "yes"/],
      [["agee"], ["1"], /field "agee" does not exist; expected "age"/],
      [["height"], ["1"], /"age" is missing in line 2/],
      [["age", "photo"], ["1", "*"], /not base64/],
    ];
    for (const [header, record, message] of cases)
      assert.throws(() => table(header, record), { message });
    assert.throws(() => table(["age"]), { message: /no rows/ });
    assert.throws(
      () =>
        toTableRecords(
          { header: ["pulse", "grid"], records: [{ line: 2, fields: ["1 2", "[[1,2],[3,4]]"] }] },
          LISTS,
          LIMITS,
        ),
      { message: /a list as JSON writes it, got "1 2"/ },
    );
  });
});

describe("parts", () => {
  const parts = (...given: [string, string | Uint8Array][]): object =>
    toPartRecords(
      given.map(([name, value]) => ({ name, value })),
      EVERYTHING,
      LIMITS,
    ).frame;
  test("files as they are, files of text, one row", () => {
    const frame = parts(["age", encodeUtf8("41")], ["photo", Uint8Array.of(1, 2)]);
    const { age, photo } = content(frame as never);
    assert.deepEqual({ age, photo }, { age: [41], photo: [[1, 2]] });
  });
  test("a field that is there twice makes two rows", () => {
    const { frame, form } = toPartRecords(
      [1, 2].map((value) => ({ name: "photo", value: Uint8Array.of(value) })),
      toContract({ photo: { type: "image" } }),
      LIMITS,
    );
    assert.deepEqual(content(frame), { photo: [[1], [2]] });
    assert.deepEqual(form, { kind: "rows", count: 2 });
  });
  test("what is wrong", () => {
    assert.throws(() => parts(), { code: "FIELD_MISSING" });
    assert.throws(() => parts(["age", "1"], ["age", "2"], ["height", "1"]), {
      code: "BATCH_MISMATCH",
      message: /"age" is there 2 times, "height" is there 1 times/,
    });
    assert.throws(() => parts(["agee", "1"]), { code: "FIELD_UNKNOWN" });
    assert.throws(() => parts(["age", "1"], ["photo", new Uint8Array(0)]), {
      message: /an empty file/,
    });
    assert.throws(() => parts(["age", Uint8Array.of(255)]), { message: /not UTF-8/ });
  });
});
