import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { cut, fillTemplate, roomFor, specialCount } from "./sequences.ts";

test("texts are cut as the crate's longest_first does", () => {
  const path = join(import.meta.dirname, "vectors/truncations.jsonl");
  const cases = JSON.parse(readFileSync(path, "utf8")) as number[][];
  assert.ok(cases.length > 400);
  for (const [first, second, room, ...kept] of cases)
    assert.deepEqual(roomFor(first!, second!, room!), kept, `${first} and ${second} in ${room}`);
});

test("the room is used up, and never exceeded", () => {
  const length = fc.nat(50);
  fc.assert(
    fc.property(length, length, fc.nat(60), (a, b, room) => {
      const [keptA, keptB] = roomFor(a, b, room);
      assert.ok(keptA >= 0 && keptA <= a && keptB >= 0 && keptB <= b);
      assert.equal(keptA + keptB, Math.min(a + b, room));
    }),
  );
});

test("cutting keeps what stands at the other side", () => {
  assert.deepEqual(cut([1, 2, 3], 2, "right"), [1, 2]);
  assert.deepEqual(cut([1, 2, 3], 2, "left"), [2, 3]);
  assert.deepEqual(cut([1, 2, 3], 0, "left"), []);
  assert.deepEqual(cut([1], 2, "left"), [1]);
});

test("a template puts special tokens around the texts", () => {
  const template = [
    { ids: [101], type: 0 },
    { text: "A", type: 0 },
    { ids: [102, 103], type: 0 },
    { text: "B", type: 1 },
  ] as const;
  assert.equal(specialCount(template), 3);
  assert.deepEqual(fillTemplate(template, [7, 8], [9]), {
    ids: [101, 7, 8, 102, 103, 9],
    types: [0, 0, 0, 0, 0, 1],
  });
});
