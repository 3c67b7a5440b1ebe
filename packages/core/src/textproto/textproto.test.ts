import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MessageReader, parseTextProto, TextProtoProblem } from "./index.ts";

/** Made by `vectors/make.py`: a text, and what protobuf's own parser reads; null where it refuses. */
const VECTORS = JSON.parse(
  readFileSync(new URL("./vectors/texts.json", import.meta.url), "utf8"),
) as [text: string, value: object | null][];

const KINDS = { AUTO: 0, CPU: 1, GPU: 2 };

/** The message of the vectors, fields that are not there left out. */
function readAll(message: MessageReader): object {
  const float = message.float("f");
  const nested = message.message("m");
  const value = {
    s: message.string("s"),
    i: message.integer("i", -(2 ** 31), 2 ** 31 - 1),
    n: message.integers("n"),
    f: float === undefined || Number.isFinite(float) ? float : spell(float),
    b: message.boolean("b"),
    k: message.enumeration("k", KINDS),
    m: nested && readAll(nested),
    ms: message.messages("ms").map(readAll),
    labels: Object.fromEntries(message.map("labels", (entry) => entry.integer("value"))),
    strings: message.strings("strings"),
  };
  const isThere = ([name, each]: [string, unknown]): boolean =>
    typeof each === "object"
      ? name === "m" || Object.keys(each as object).length > 0
      : each !== undefined;
  return Object.fromEntries(Object.entries(value).filter(isThere));
}

function spell(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

describe("texts are read as protobuf's own parser reads them", () => {
  for (const [text, expected] of VECTORS) {
    test(JSON.stringify(text), () => {
      if (expected !== null) assert.deepEqual(readAll(MessageReader.parse(text)), expected);
      else assert.throws(() => readAll(MessageReader.parse(text)), TextProtoProblem);
    });
  }
  test("where that one departs from the specification, by the specification", () => {
    assert.deepEqual(readAll(MessageReader.parse("i: - 5 s: '\\?'")), { i: -5, s: "?" });
    for (const text of ["i: +5", "s: '\\q'"])
      assert.throws(() => parseTextProto(text), TextProtoProblem);
  });
  test("there are many", () => assert.ok(VECTORS.length > 80));
});

test("problems tell where they are", () => {
  const cases: Record<string, RegExp> = {
    'a: 1\n  b: "x': /^line 2, column 6: the string does not end on its line$/,
    "a: 1 # é\n\n  @": /^line 3, column 3: unexpected character "@"$/,
    "a {\n b: [1, 2\n}": /^line 3, column 1: expected ",", got }$/,
    "a {\n": /^line 2, column 1: expected the name of a field, got the end of the text$/,
    "a: ": /^line 1, column 4: expected a value, got the end of the text$/,
    "a 5": /^line 1, column 3: expected ":" or "\{", got 5$/,
    'a: "\\9"': /^line 1, column 4: \\9 is no escape of a string$/,
    "a: 12x": /^line 1, column 4: not a number: 12x$/,
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.throws(
      () => parseTextProto(text),
      (error) => {
        assert.ok(error instanceof TextProtoProblem);
        assert.match(error.message, expected);
        return true;
      },
    );
  }
  const message = MessageReader.parse("x {\n  name: 5\n  count: 1 count: 2\n}").message("x");
  assert.throws(() => message?.string("name"), /^TextProtoProblem: line 2, column 3: the field "name" must be a string in quotes, got 5$/); // prettier-ignore
  assert.throws(() => message?.integer("count"), /line 3, column 12: the field "x\.count" is given twice$/); // prettier-ignore
});

test("what was not asked for is told, and where", () => {
  const message = MessageReader.parse(
    "a: 1\nb { c: 2 d { e: 3 } }\n[x.y/z.W] { f: 1 }\nb { g: 1 }",
  );
  assert.equal(message.integer("a"), 1);
  for (const each of message.messages("b")) each.integer("c");
  assert.deepEqual(message.unknown(), [
    'line 3, column 1: the field "[x.y/z.W]" is not known',
    'line 2, column 10: the field "b.d" is not known',
    'line 4, column 5: the field "b.g" is not known',
  ]);
});

test("deep nesting is refused, not survived by luck", () => {
  assert.throws(() => parseTextProto("m {".repeat(100_000)), /nested deeper than 100$/);
});

test("any bytes give a message or a problem", () => {
  const pieces = fc.constantFrom("a", "m", ":", "{", "}", "[", "]", "<", ">", ",", "1", "-", "0x", ".5", '"', "'", "\\", "\n", "#", " ", "é", "inf", "1e5f"); // prettier-ignore
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      try {
        parseTextProto(parts.join(""));
      } catch (error) {
        assert.ok(error instanceof TextProtoProblem, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});
