import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { toTypedArray } from "@longshore/core";
import { openNpz } from "./npz.ts";

/** A file written by numpy; see `npz-samples/make.py`. */
function sample(name: string): Uint8Array {
  return readFileSync(new URL(`npz-samples/${name}.npz`, import.meta.url));
}

for (const name of ["stored", "deflated"]) {
  test(`arrays of a ${name} archive`, () => {
    const arrays = openNpz(sample(name), "data.npz");
    assert.deepEqual([...arrays.keys()], ["x", "label"]);
    const x = arrays.get("x")!();
    assert.deepEqual([x.datatype, x.shape], ["FP32", [3, 2]]);
    assert.deepEqual(Array.from(toTypedArray("FP32", x.data), Number), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(arrays.get("label")!().data, ["a", "b", "a"]);
  });
}

test("a damaged array is refused with the names of archive and array", () => {
  const bytes = sample("stored");
  // The first byte of the array's magic; the checksum is found out first.
  bytes[bytes.indexOf(0x93)] = 0;
  assert.throws(() => openNpz(bytes, "data.npz").get("x")!(), {
    message: 'data.npz: entry "x.npy" is damaged: its checksum is wrong',
  });
});
