import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FieldDecoder } from "./fieldDecoder.ts";
import { blockMaker, toBlock } from "./responseFields.ts";

function read(block: Buffer): Record<string, string> {
  const found: Record<string, string> = {};
  new FieldDecoder().decode(block, ({ name, value }) => (found[name] = value));
  return found;
}

test("blocks are read back as they were, whatever the lengths", () => {
  for (const length of [0, 1, 126, 127, 128, 254, 255, 256, 20_000]) {
    const text = "x".repeat(length);
    assert.deepEqual(read(toBlock({ ":status": 200, a: text, b: "c" })), {
      ":status": "200",
      a: text,
      b: "c",
    });
    const make = blockMaker({ ":status": 431, a: 1 }, "last");
    assert.deepEqual(read(make(text)), { ":status": "431", a: "1", last: text });
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 300 }), (value) => {
      assert.deepEqual(blockMaker({ a: "b" }, "c")(value), toBlock({ a: "b", c: value }));
    }),
  );
});
