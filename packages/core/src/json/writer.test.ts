import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findNonFinite, toElements, writeElements } from "./writer.ts";

const finite = { noNaN: true, noDefaultInfinity: true } as const;

test("singles read back as themselves, in few digits", () => {
  const wide = fc.float(finite);
  const usual = fc.float({ ...finite, min: -1000, max: 1000 });
  fc.assert(
    fc.property(fc.array(fc.oneof(wide, usual), { minLength: 1 }), (numbers) => {
      const data = Float32Array.from(numbers);
      const text = writeElements(
        toElements({ datatype: "FP32", shape: [data.length], data }),
        0,
        data.length,
      );
      assert.deepStrictEqual(Float32Array.from(JSON.parse(`[${text}]`)), data);
      for (const each of text.split(",")) {
        const size = Math.abs(Number(each));
        if (size >= 1e-6 && size < 1e6) {
          assert.ok(each.replace(/^-?0\.0*|[-.]/g, "").length <= 9, each);
        }
      }
    }),
    { numRuns: 1000 },
  );
  const data = Float32Array.of(0.1, 0.3, 1 / 3, 16_777_216, 1e-7, -0, 5);
  const text = writeElements(toElements({ datatype: "FP32", shape: [7], data }), 0, 7);
  assert.equal(text, "0.1,0.3,0.33333334,16777216,1e-7,-0,5");
});

test("NaN and the infinities are null, and are found", () => {
  const data = Float64Array.of(1, Number.NaN, Infinity, -Infinity, 2);
  const elements = toElements({ datatype: "FP64", shape: [5], data });
  assert.equal(writeElements(elements, 0, 5), "1,null,null,null,2");
  assert.equal(findNonFinite(elements), 1);
  const halves = toElements({ datatype: "FP16", shape: [2], data: Uint16Array.of(0x3c00, 0x7c00) });
  assert.equal(findNonFinite(halves), 1);
  const integers = toElements({ datatype: "INT8", shape: [1], data: Int8Array.of(1) });
  assert.equal(findNonFinite(integers), -1);
});

test("64-bit integers keep all digits, from a view that is not aligned", () => {
  const bytes = new Uint8Array(17);
  new DataView(bytes.buffer).setBigInt64(1, -(2n ** 63n), true);
  new DataView(bytes.buffer).setBigInt64(9, 2n ** 53n + 1n, true);
  const elements = toElements({ datatype: "INT64", shape: [2], data: bytes.subarray(1) });
  assert.equal(writeElements(elements, 0, 2), "-9223372036854775808,9007199254740993");
});
