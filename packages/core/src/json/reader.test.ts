import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LongshoreError } from "../errors.ts";
import { toNearestDouble } from "./decimal.ts";
import { toNameTable } from "./nameTable.ts";
import { JsonReader } from "./reader.ts";
import { encodeUtf8 } from "./utf8.ts";
import { readJson } from "./value.ts";

const DEPTH = 32;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A value as the platform reads it; undefined where the platform refuses the document. */
function oracle(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(DECODER.decode(bytes)) };
  } catch {
    return undefined;
  }
}

function ours(bytes: Uint8Array): { value: unknown } | LongshoreError {
  try {
    return { value: readJson(bytes, DEPTH) };
  } catch (error) {
    assert.ok(error instanceof LongshoreError, String(error));
    return error;
  }
}

/** The two agree, except where the reader is stricter on purpose. */
function assertAgrees(bytes: Uint8Array): void {
  const expected = oracle(bytes);
  const got = ours(bytes);
  if (!(got instanceof LongshoreError)) {
    assert.ok(expected !== undefined, "accepted what JSON.parse refuses");
    assert.deepStrictEqual(got.value, expected.value);
  } else if (expected !== undefined) {
    const strict =
      got.code === "JSON_DUPLICATE" ||
      got.code === "JSON_TOO_DEEP" ||
      got.message.includes("surrogate");
    assert.ok(strict, `refused what JSON.parse accepts: ${got.message}`);
  }
}

describe("documents", () => {
  test("valid ones are read as JSON.parse reads them", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: "binary" }),
        fc.constantFrom(0, 1, "\t"),
        (value, space) => {
          const bytes = encodeUtf8(JSON.stringify(value, null, space));
          assert.deepStrictEqual(ours(bytes), { value: oracle(bytes)?.value });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("mutated ones are judged as JSON.parse judges them", () => {
    const mutation = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom(...'[]{},:"\\ \n0123456789.eE+-tfnu/'.split("")).map(encodeUtf8),
        fc
          .constantFrom("true", "null", "-0", "1e5", '""', "\\u00e9", "\\ud83d", '"a":')
          .map(encodeUtf8),
        fc.uint8Array({ maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (value, mutations) => {
          let bytes = encodeUtf8(JSON.stringify(value));
          for (const { at, remove, insert } of mutations) {
            const start = at % (bytes.length + 1);
            bytes = Uint8Array.from([
              ...bytes.subarray(0, start),
              ...insert,
              ...bytes.subarray(start + remove),
            ]);
          }
          assertAgrees(bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("short texts over the grammar's alphabet are judged as JSON.parse judges them", () => {
    const symbol = fc.constantFrom(...'[]{},:"\\ 01.eE-+', "true", "null", '"a"', "\\u", "é");
    fc.assert(
      fc.property(fc.array(symbol, { maxLength: 8 }), (symbols) => {
        assertAgrees(encodeUtf8(symbols.join("")));
      }),
      { numRuns: 4000 },
    );
  });

  test("any bytes give a value or an error of the catalogue", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => assertAgrees(bytes)),
      { numRuns: 2000 },
    );
  });

  test("a view into a larger buffer is read within its bounds", () => {
    const buffer = encodeUtf8('9"[1,2]9"');
    assert.deepEqual(readJson(buffer.subarray(2, 7), DEPTH), [1, 2]);
    for (const [start, end] of [
      [2, 6],
      [2, 4],
      [0, 1],
    ] as const) {
      assertAgrees(buffer.subarray(start, end));
    }
  });

  test('"__proto__" is a key like any other', () => {
    const value = readJson(encodeUtf8('{"__proto__":{"x":1}}'), DEPTH) as object;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });
});

describe("what is wrong is named, with its place", () => {
  const cases: [name: string, document: string | Uint8Array, expected: RegExp][] = [
    ["nothing", "", /JSON at byte 0: the document ends where a value was expected/],
    ["an open object", '{"a":1', /byte 6: the document ends where "," or "}" was expected/],
    ["an open string", '{"a', /byte 3: the document ends inside a string/],
    ["a comma at the end of an array", "[1,]", /byte 3: expected a value after the comma, got "]"/],
    [
      "a comma at the end of an object",
      '{"a":1,}',
      /byte 7: expected a value after the comma, got "}"/,
    ],
    ["a second document", "{} {}", /byte 3: expected the end of the document, got "{"/],
    ["a key without quotes", "{a:1}", /byte 1: expected a key in double quotes, got "a"/],
    ["a key without a value", '{"a"}', /byte 4: expected ":" after the key, got "}"/],
    ["single quotes", "['a']", /byte 1: expected a value, got "'"/],
    ["NaN", "[NaN]", /byte 1: NaN is not JSON; send the tensor as binary data/],
    ["-Infinity", "[1,-Infinity]", /byte 3: -Infinity is not JSON/],
    ["Infinity", "[Infinity]", /byte 1: Infinity is not JSON/],
    ["a leading zero", "[01]", /byte 1: "01" is not a JSON number/],
    ["a point without digits", "[1.]", /byte 1: "1\." is not a JSON number/],
    ["a point without a number", "[.5]", /byte 1: expected a value, got "\."/],
    ["an exponent without digits", "[1e+]", /byte 1: "1e\+" is not a JSON number/],
    ["a plus sign", "[+1]", /byte 1: expected a value, got "\+"/],
    ["a hexadecimal number", "0x10", /byte 0: "0x10" is not a JSON number/],
    ["a misspelt word", "[nul]", /byte 1: expected null, got "n"/],
    ["a tab in a string", '["a\tb"]', /byte 3: a control character in a string/],
    ["an unknown escape", '["\\x"]', /byte 2: an unknown escape/],
    ["a short \\u", '["\\u12g4"]', /byte 2: four hexadecimal digits must follow/],
    ["a high surrogate alone", '["\\ud83d"]', /byte 2: half of a surrogate pair/],
    ["two high surrogates", '["\\ud83d\\ud83d"]', /byte 2: half of a surrogate pair/],
    ["a low surrogate alone", '["\\ude00"]', /byte 2: half of a surrogate pair/],
    ["a repeated key", '{"a":1,"b":2,"a":3}', /"a" appears twice \(again at byte 13\)/],
    ["a repeated key, spelt otherwise", '{"a":1,"\\u0061":3}', /"a" appears twice/],
    ["invalid UTF-8", Uint8Array.of(0x22, 0x61, 0xff, 0x22), /byte 2: not valid UTF-8/],
    ["an overlong form", Uint8Array.of(0x22, 0xc0, 0x80, 0x22), /byte 1: not valid UTF-8/],
    [
      "a surrogate in UTF-8",
      Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
      /byte 1: not valid UTF-8/,
    ],
    ["a cut sequence", Uint8Array.of(0x22, 0xe2, 0x82, 0x22), /byte 1: not valid UTF-8/],
    ["a byte order mark", "\ufeff{}", /byte 0: expected a value, got byte 0xef/],
    ["depth over the limit", "[".repeat(40) + "]".repeat(40), /deeper than 32 levels at byte 32/],
  ];
  for (const [name, document, expected] of cases) {
    test(name, () => {
      const bytes = typeof document === "string" ? encodeUtf8(document) : document;
      assert.throws(() => readJson(bytes, DEPTH), expected);
      // What is passed over is judged as what is read.
      const nested = new Uint8Array([...encodeUtf8('{"skip":'), ...bytes, ...encodeUtf8("}")]);
      const reader = new JsonReader(nested, DEPTH);
      assert.throws(() => {
        reader.openObject();
        reader.nextMember();
        reader.readKey();
        reader.skipValue();
        assert.equal(reader.nextMember(), false);
        reader.finish();
      }, LongshoreError);
    });
  }

  test("more unknown keys than are remembered", () => {
    const document = `{${Array.from({ length: 10_001 }, (_, key) => `"${key}":0`).join(",")}}`;
    assert.throws(() => readJson(encodeUtf8(document), DEPTH), /more than 10000 unknown keys/);
  });

  test("a repeated key beyond the first thirty-one of a table, and only that", () => {
    const names = Array.from({ length: 70 }, (_, index) => `key${index}`);
    const table = toNameTable(names);
    const readKeys = (keys: readonly string[]): string[] => {
      const document = `{${keys.map((key) => `"${key}":0`).join(",")}}`;
      const reader = new JsonReader(encodeUtf8(document), DEPTH);
      const found: string[] = [];
      reader.openObject();
      while (reader.nextMember()) {
        found.push(reader.readKey(table));
        reader.skipValue();
      }
      return found;
    };
    assert.deepEqual(readKeys(names), names);
    assert.throws(() => readKeys([...names, "key35"]), { code: "JSON_DUPLICATE" });
  });
});

/** Numbers of an array as the reader gives them, in pieces of `size`. */
function readNumbers(text: string, precision: "double" | "single", size = 7): number[] {
  const reader = new JsonReader(encodeUtf8(text), DEPTH);
  const values = new Float64Array(size);
  const found: number[] = [];
  reader.openArray();
  reader.open = reader.nextElement();
  while (reader.open) {
    const count = reader.readNumbers(values, precision);
    assert.ok(count > 0, "a number is always read");
    found.push(...values.subarray(0, count));
  }
  reader.finish();
  return found;
}

describe("numbers", () => {
  const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,24})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?$/);
  const signed = fc.tuple(fc.constantFrom("", "-"), digits).map((parts) => parts.join(""));
  const printed = fc
    .double({ noDefaultInfinity: true, noNaN: true })
    .map((value) => JSON.stringify(value));
  const unit = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value.toFixed(17));
  /** Halfway between two doubles or two singles, and next to it: where rounding goes wrong first. */
  const halfway = fc
    .tuple(
      fc.bigInt(2n ** 52n, 2n ** 53n - 1n),
      fc.nat(9),
      fc.constantFrom("", "0", "1"),
      fc.boolean(),
    )
    .map(([mantissa, shift, tail, single]) => {
      const bits = single ? 2n ** 24n + (mantissa & 0xffffffn) : mantissa;
      const middle = (2n * bits + 1n) * 2n ** BigInt(shift);
      return tail === "" ? `${middle}` : `${middle}.000${tail}`;
    });
  /** Halfway between two singles below 128, and next to it, in more digits than a double holds. */
  const halfwaySingle = fc
    .tuple(fc.bigInt(2n ** 23n, 2n ** 24n - 1n), fc.constantFrom(-1n, 0n, 1n))
    .map(([bits, shift]) => {
      const digits = `${((2n * bits + 1n) * 10n ** 21n) / 2n ** 18n + shift}`;
      return `${digits.slice(0, -21)}.${digits.slice(-21)}`;
    });
  const text = fc.oneof(signed, printed, unit, halfway, halfwaySingle);

  test("are the nearest doubles", () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 20 }),
        fc.constantFrom(",", " , ", ",\n"),
        (texts, comma) => {
          const expected = texts.map(Number);
          assert.deepStrictEqual(readNumbers(`[${texts.join(comma)}]`, "double"), expected);
          for (const each of texts) {
            const reader = new JsonReader(encodeUtf8(each), DEPTH);
            assert.ok(Object.is(reader.readNumber(), Number(each)));
            reader.finish();
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("round to the nearest singles where that is all that is asked", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
        const got = readNumbers(`[${texts.join(",")}]`, "single");
        assert.deepStrictEqual(got.map(Math.fround), texts.map(Number).map(Math.fround));
      }),
      { numRuns: 3000 },
    );
  });

  test("of up to 19 digits are proved without a string, but for a few", () => {
    let unproved = 0;
    fc.assert(
      fc.property(
        fc.bigInt(10n ** 16n, 10n ** 19n - 1n),
        fc.integer({ min: -22, max: 22 }),
        (mantissa, exponent) => {
          const bytes = encodeUtf8(`${mantissa}`);
          const value = toNearestDouble(bytes, 0, bytes.length, exponent);
          if (Number.isNaN(value)) unproved++;
          else assert.equal(value, Number(`${mantissa}e${exponent}`));
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(unproved < 50, `${unproved} of 5000`);
  });

  test("are accepted and refused as JSON.parse does", () => {
    const symbol = fc.constantFrom(..."0012.eE-+, ", "9".repeat(16), "e-3", "1.5,");
    fc.assert(
      fc.property(fc.array(symbol, { minLength: 1, maxLength: 8 }), (symbols) => {
        for (const text of [`[${symbols.join("")}]`, `[${symbols.join("")}`]) {
          const expected = oracle(encodeUtf8(text))?.value as number[] | undefined;
          let got: number[] | undefined;
          try {
            got = readNumbers(text, "double");
          } catch (error) {
            // The value that is no number is for the caller to refuse.
            const refused =
              error instanceof LongshoreError || String(error).includes("always read");
            assert.ok(refused, String(error));
          }
          assert.deepStrictEqual(got, expected);
        }
      }),
      { numRuns: 4000 },
    );
  });

  test("an integer reading stops before what is not plainly an integer below 2^53", () => {
    const values = new Float64Array(8);
    for (const [text, expected] of [
      ["[1,-2,9007199254740991,9007199254740992]", [1, -2, 9007199254740991]],
      ["[3,1.0]", [3]],
      ["[3,1e2]", [3]],
      ['[3,"a"]', [3]],
    ] as const) {
      const reader = new JsonReader(encodeUtf8(text), DEPTH);
      reader.openArray();
      reader.nextElement();
      const count = reader.readNumbers(values, "integer");
      assert.deepEqual([...values.subarray(0, count)], expected);
      assert.equal(reader.open, true);
    }
  });
});
