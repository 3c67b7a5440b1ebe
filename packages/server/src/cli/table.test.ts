import assert from "node:assert/strict";
import test from "node:test";
import { formatBytes, formatQuantity, formatTable, printable } from "./table.ts";

test("columns are lined up, numbers flush right, nothing trails", () => {
  assert.equal(
    formatTable(
      [
        ["pixels", 5, "a"],
        ["x", 1200.25, ""],
      ],
      ["input", "rows", "note"],
    ),
    ["input      rows  note", "pixels        5  a", "x       1200.25"].join("\n"),
  );
});

test("rows of different lengths, no header, nothing at all", () => {
  assert.equal(formatTable([["a"], ["bb", "c"]]), "a\nbb  c");
  assert.equal(formatTable([]), "");
  assert.equal(formatTable([], ["a", "b"]), "a  b");
});

test("characters outside the basic plane count once", () => {
  assert.equal(
    formatTable([
      ["🚢", "x"],
      ["ab", "y"],
    ]),
    "🚢   x\nab  y",
  );
});

test("what could act on a terminal is shown instead", () => {
  assert.equal(printable("\u001b[31mred\nline\u202e"), "\\u{1b}[31mred\\u{a}line\\u{202e}");
  assert.equal(formatTable([["a\tb\u0000"]]), "a\\u{9}b\\u{0}");
});

test("sizes", () => {
  assert.deepEqual([0, 1023, 1024, 150 * 1024, 3.5 * 2 ** 30].map(formatBytes), [
    "0 bytes",
    "1023 bytes",
    "1.0 KiB",
    "150 KiB",
    "3.5 GiB",
  ]);
});

test("quantities", () => {
  assert.deepEqual([0, 999, 1000, 20_480, 999_999, 8.2e9, 3e18].map(formatQuantity), [
    "0",
    "999",
    "1.0 k",
    "20.5 k",
    "1000 k",
    "8.2 G",
    "3000 P",
  ]);
});
