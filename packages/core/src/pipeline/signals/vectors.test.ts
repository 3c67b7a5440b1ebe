/** What tests of signals share: results of other libraries, written by `vectors/make.py`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function readVectors<Case>(name: string): Case[] {
  const path = join(import.meta.dirname, "vectors", `${name}.jsonl`);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
}

/** @returns the largest difference, which is at most `bound`. */
export function assertClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  where = "",
): number {
  assert.equal(got.length, expected.length, `${where}: length`);
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(got[index]! - expected[index]!);
    assert.ok(
      difference <= bound,
      `${where}: element ${index} is ${got[index]}, expected ${expected[index]}`,
    );
    worst = Math.max(worst, difference);
  }
  return worst;
}
