import assert from "node:assert/strict";
import test from "node:test";
import { LongshoreError } from "@longshore/core";
import fc from "fast-check";
import { readCsv, toCsvField } from "./csv.ts";

const fields = (text: string): (readonly string[])[] => {
  const { header, records } = readCsv(text, "data.csv");
  return [header, ...records.map((record) => record.fields)];
};

test("plain lines, with and without a last line break", () => {
  const expected = [
    ["a", "b"],
    ["1", "2"],
    ["3", ""],
  ];
  assert.deepEqual(fields("a,b\n1,2\n3,\n"), expected);
  assert.deepEqual(fields("a,b\n1,2\n3,"), expected);
});

test("CRLF, a byte-order mark and empty lines", () => {
  assert.deepEqual(fields("\uFEFFa,b\r\n\r\n1,2\r\n\n3,4\r\n"), [
    ["a", "b"],
    ["1", "2"],
    ["3", "4"],
  ]);
});

test("quoted fields hold commas, quotes and line breaks", () => {
  assert.deepEqual(fields('"a ""x""",b\n"1,5","two\r\nlines"\n"",\n'), [
    ['a "x"', "b"],
    ["1,5", "two\r\nlines"],
    ["", ""],
  ]);
});

test("a record knows its line, also after fields of several lines", () => {
  const { records } = readCsv('a\n"1\n\n2"\n\n3\n', "data.csv");
  assert.deepEqual(
    records.map((record) => record.line),
    [2, 6],
  );
});

const WRONG: readonly (readonly [text: string, message: string])[] = [
  ["", "data.csv: is empty; expected a header line with column names"],
  ["a,b,a\n", 'data.csv: has the column "a" twice'],
  ["a,b\n1,2\n3\n", "data.csv: line 3: expected 2 fields as in the header, got 1"],
  ['a,b\n"1\n2",3,4\n', "data.csv: line 2: expected 2 fields as in the header, got 3"],
  ['a,b\n1,"2\n', "data.csv: line 2: the quote is never closed"],
];

for (const [text, message] of WRONG) {
  test(`${JSON.stringify(text)} is refused with the line`, () => {
    assert.throws(
      () => readCsv(text, "data.csv"),
      (error) =>
        error instanceof LongshoreError &&
        error.code === "DATA_INVALID" &&
        error.message === message,
    );
  });
}

test("a quote in the middle of a field is refused", () => {
  assert.throws(
    () => readCsv('size\n5"\n', "data.csv"),
    /line 2: a quote or carriage return inside a field/,
  );
  assert.throws(
    () => readCsv('size\n"5"x\n', "data.csv"),
    /line 2: a quote or carriage return inside a field/,
  );
});

test("a field of megabytes does not overflow a stack", () => {
  const long = 'x""'.repeat(1_000_000);
  assert.equal(readCsv(`a\n"${long}"\n`, "data.csv").records[0]!.fields[0]!.length, 2_000_000);
});

test("whatever is written is read back", () => {
  const field = fc.string({
    unit: fc.constantFrom("a", "1", ",", '"', "\n", "\r", " ", "é", "🚢"),
  });
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 4 })
        .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }))),
      (rows) => {
        const header = Array.from({ length: rows[0]?.length ?? 1 }, (_, index) => `c${index}`);
        const text = [header, ...rows].map((row) => row.map(toCsvField).join(",")).join("\n");
        assert.deepEqual(fields(text), [header, ...rows]);
      },
    ),
  );
});
