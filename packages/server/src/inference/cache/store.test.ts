import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Tensor, Tensors } from "@longshore/core";
import { copyOutputs, MemoryStore, sizeOf, type AnswerStore } from "./store.ts";

function answer(bytes: number, value = 0): Tensors {
  return new Map([
    ["y", { datatype: "UINT8", shape: [bytes], data: new Uint8Array(bytes).fill(value) }],
  ]);
}

/** What every store must do; each implementation is put through it. */
const STORES: Record<string, () => AnswerStore> = { memory: () => new MemoryStore(2 ** 20) };

for (const [name, open] of Object.entries(STORES)) {
  describe(`${name}`, () => {
    test("gives what was kept, and nothing else", async () => {
      const store = open();
      assert.equal(await store.get("a"), undefined);
      const strings: Tensor = { datatype: "BYTES", shape: [2], data: ["", "ü\uD800"] };
      const kept: Tensors = new Map([...answer(3, 7), ["s", strings]]);
      await store.set("a", kept);
      await store.set("b", answer(0));
      assert.deepEqual(await store.get("a"), kept);
      assert.deepEqual(await store.get("b"), answer(0));
      assert.equal(await store.get("c"), undefined);
      await store.set("a", answer(1, 9));
      assert.deepEqual(await store.get("a"), answer(1, 9));
    });
  });
}

test("property: memory is bounded, and what was not used for longest goes first", () => {
  const action = fc.oneof(
    fc.record({ set: fc.nat(8), bytes: fc.nat(700) }),
    fc.record({ get: fc.nat(8) }),
  );
  const limit = 2000;
  fc.assert(
    fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
      const store = new MemoryStore(limit);
      // The oracle: a list, least recently used first, which is summed up each time.
      let plain: { key: string; outputs: Tensors }[] = [];
      const total = (): number => plain.reduce((sum, { outputs }) => sum + sizeOf(outputs), 0);
      for (const step of actions) {
        const key = String("set" in step ? step.set : step.get);
        const found = plain.find((entry) => entry.key === key);
        if ("set" in step) {
          const outputs = answer(step.bytes);
          store.set(key, outputs);
          plain = [...plain.filter((entry) => entry !== found), { key, outputs }];
          while (total() > limit) plain.shift();
        } else {
          assert.deepEqual(store.get(key), found?.outputs);
          if (found !== undefined) plain = [...plain.filter((entry) => entry !== found), found];
        }
        assert.equal(store.bytes, total());
        assert.ok(store.bytes <= limit);
      }
    }),
  );
});

test("an answer that is larger than all room is not kept, and pushes nothing out", () => {
  const store = new MemoryStore(2000);
  store.set("a", answer(100));
  const before = store.bytes;
  store.set("b", answer(1_000_000));
  assert.equal(store.get("b"), undefined);
  assert.equal(store.bytes, before);
  assert.deepEqual(store.get("a"), answer(100));
});

test("texts are counted by their length", () => {
  const texts = (data: string[]): Tensors =>
    new Map([["s", { datatype: "BYTES", shape: [data.length], data }]]);
  assert.ok(sizeOf(texts(["x".repeat(1000)])) >= 1000);
  assert.ok(sizeOf(texts(Array<string>(1000).fill(""))) >= 8000);
});

test("a copy shares nothing, and does not keep the memory of the whole run", () => {
  const run = new Float32Array(1000);
  const buffer = Buffer.from([1, 2, 3]);
  const outputs: Tensors = new Map<string, Tensor>([
    ["a", { datatype: "FP32", shape: [2], data: run.subarray(10, 12) }],
    ["b", { datatype: "UINT8", shape: [2], data: buffer.subarray(1) }],
    ["c", { datatype: "UINT8", shape: [1], data: new DataView(run.buffer, 4, 1) }],
    ["d", { datatype: "BYTES", shape: [1], data: ["t"] }],
  ]);
  const copy = copyOutputs(outputs);
  run.fill(9);
  buffer.fill(9);
  (outputs.get("d")!.data as string[])[0] = "changed";
  const [a, b, c, d] = [...copy.values()].map(({ data }) => data as Uint8Array);
  assert.deepEqual([...(a as never as Float32Array)], [0, 0]);
  assert.equal(a!.constructor, Float32Array);
  assert.equal(a!.buffer.byteLength, 8);
  assert.deepEqual([...b!], [2, 3]);
  assert.deepEqual([...c!], [0]);
  assert.deepEqual(d as never, ["t"]);
});
