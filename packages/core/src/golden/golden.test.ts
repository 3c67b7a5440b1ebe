import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatDifference, worstDifference } from "./compare.ts";
import { readGolden } from "./read.ts";

describe("differences", () => {
  const cases: [name: string, expected: unknown, got: unknown, text: string | undefined][] = [
    ["equal", { a: [1, "x", null, true] }, { a: [1, "x", null, true] }, undefined],
    ["more than expected", { a: 1 }, { a: 1, b: 2 }, undefined],
    ["a number", { a: [1, 2] }, { a: [1, 2.5] }, "a[1]: expected 2, got 2.5 (off by 2.5e-1)"],
    ["the worst number", [0, 100, 1], [0.1, 101, 1], "[0]: expected 0, got 0.1 (off by 1.0e-1)"],
    ["a text", { label: "yes" }, { label: "no" }, 'label: expected "yes", got "no"'],
    ["a text before any number", [1, "a"], [2, "b"], '[1]: expected "a", got "b"'],
    ["a number for a text", ["1"], [1], '[0]: expected "1", got 1'],
    ["null for a number", [1], [null], "[0]: expected 1, got null"],
    ["nothing", { a: 1 }, {}, "a: expected 1, got nothing"],
    ["an inherited key", { constructor: 1 }, {}, "constructor: expected 1, got nothing"],
    ["a shorter list", [1, 2], [1], "answer: expected [1,2], got [1]"],
    ["an object for a list", [1], { 0: 1 }, 'answer: expected [1], got {"0":1}'],
    ["not a number", [1], [Number.NaN], "[0]: expected 1, got null"],
  ];
  for (const [name, expected, got, text] of cases) {
    test(name, () => {
      const difference = worstDifference(expected, got);
      assert.equal(difference && formatDifference(difference), text);
    });
  }

  test("nothing differs from itself; whatever is changed is found", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(worstDifference(value, structuredClone(value)), undefined);
        assert.ok(worstDifference([value, 1], [value, 2])!.place === "[1]");
      }),
    );
  });
});

test("lines are read with their numbers, empty ones passed over", () => {
  const examples = readGolden(
    '\n{"request": 1, "answer": {"a": 2}}\n\n{"request": 3, "answer": 4, "tolerance": 0.5}\n',
  );
  assert.deepEqual(examples, [
    { line: 2, request: 1, answer: { a: 2 }, tolerance: undefined },
    { line: 4, request: 3, answer: 4, tolerance: 0.5 },
  ]);
});

test("a line that is none is refused by its number", () => {
  const good = '{"request": 1, "answer": 2}\n';
  for (const [bad, problem] of [
    ["{", /^line 2: .*JSON/],
    ["7", /^line 2: expected an object/],
    ['{"answer": 1}', /^line 2: the field "request" is missing/],
    ['{"request": 1}', /^line 2: the field "answer" is missing/],
    ['{"request": 1, "answer": 1, "tolerance": -1}', /^line 2: tolerance/],
  ] as const)
    assert.throws(() => readGolden(good + bad), { name: "SyntaxError", message: problem });
});
