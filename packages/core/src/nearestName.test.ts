import assert from "node:assert/strict";
import test from "node:test";
import { nearestName } from "./nearestName.ts";

test("a mistyped name finds the one that was meant", () => {
  const names = ["serve", "predict", "inspect", "doctor"];
  const typos = ["sreve", "server", "predcit", "inspct", "docter", "DOCTOR", "x", ""];
  assert.deepEqual(
    typos.map((typo) => nearestName(typo, names)),
    ["serve", "serve", "predict", "inspect", "doctor", undefined, undefined, undefined],
  );
});

test("a name of one letter is not offered for another", () => {
  assert.equal(nearestName("b", ["a"]), undefined);
});
