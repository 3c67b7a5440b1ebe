import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Run } from "../messages.ts";
import { runsOfParts } from "./sliceRun.ts";

test("the parts of a run are the callers' rows, in order, all of them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 }),
      fc.nat({ max: 3 }),
      (parts, width) => {
        const rows = parts.reduce((sum, part) => sum + part, 0);
        const floats = Float32Array.from({ length: rows * width }, (_, index) => index);
        const strings = Array.from({ length: rows * 2 }, (_, index) => `s${index}`);
        const arena = new ArrayBuffer(64 + floats.byteLength);
        new Float32Array(arena, 64).set(floats);
        const run: Run = {
          inputs: [
            { dims: [rows, width], offset: 64, bytes: floats.byteLength },
            { dims: [rows, 2], strings },
          ],
          parts,
        };
        const split = runsOfParts(run);
        assert.deepEqual(
          split.map(({ inputs }) => inputs.map(({ dims }) => dims)),
          parts.map((part) => [
            [part, width],
            [part, 2],
          ]),
        );
        const seen = split.flatMap(({ inputs: [tensor] }) => {
          if (tensor === undefined || "strings" in tensor) throw new TypeError("not numbers");
          return [...new Float32Array(arena, tensor.offset, tensor.bytes / 4)];
        });
        assert.deepEqual(seen, [...floats]);
        const texts = split.flatMap(({ inputs: [, tensor] }) => {
          if (tensor === undefined || !("strings" in tensor)) throw new TypeError("not texts");
          return tensor.strings;
        });
        assert.deepEqual(texts, strings);
      },
    ),
  );
});
