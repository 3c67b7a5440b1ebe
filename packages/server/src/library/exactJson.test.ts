import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromExactJson, toExactJson } from "./exactJson.ts";

const LIMIT = 2n ** 64n;
const integer = fc.oneof(
  fc.bigInt({ min: -LIMIT, max: LIMIT }),
  // Where numbers begin to have gaps.
  fc.bigInt({ min: -9n, max: 9n }).map((near) => 2n ** 53n + near),
);

test("whatever integers are written come back with the same digits", () => {
  fc.assert(
    fc.property(fc.array(integer), (values) => {
      const back = fromExactJson(toExactJson({ values })) as { values: (number | bigint)[] };
      assert.deepEqual(back.values.map(String), values.map(String));
    }),
  );
});

test("what JSON has otherwise is read as ever", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.double({ noNaN: true, noDefaultInfinity: true }), (any, x) => {
      const text = JSON.stringify([any, x, "1234567890123456789"]);
      assert.deepEqual(fromExactJson(text), JSON.parse(text));
      assert.equal(toExactJson([any, x]), JSON.stringify([any, x]));
    }),
  );
  const text = "[-0,1e400,-0.0,123456789012345680000,1E17]";
  assert.deepEqual(fromExactJson(text), JSON.parse(text));
});
