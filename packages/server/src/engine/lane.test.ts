import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { examine } from "./examine.ts";
import { Lane, type ModelLane, type Work, type WorkSource } from "./lane.ts";
import type { SessionOptions } from "./messages.ts";

/** A source with so much work, all of it the same run; done when all of it was answered. */
function sourceOf(
  count: number,
  onTake: (taken: number) => void,
  size = 1,
): { source: WorkSource; done: Promise<void> } {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let taken = 0;
  let answered = 0;
  const work = (): Work => {
    const arena = new Float32Array(4).buffer;
    const inputs = [{ dims: [1, 4], offset: 0, bytes: arena.byteLength }];
    return {
      request: { type: "run", outputs: undefined, runs: [{ inputs, parts: [1] }], arena },
      size,
      expectedMs: 1,
      done: () => {
        if (++answered === count) resolve();
      },
      failed: reject,
    };
  };
  const source = {
    name: "m",
    lanes: new Set<ModelLane>(),
    available: () => (count - taken) * size,
    take: () => {
      onTake(++taken);
      return work();
    },
  };
  return { source, done };
}

async function optionsOf(path: string): Promise<SessionOptions> {
  const { signature, exchange } = await examine(path);
  return { path, intraOpThreads: 1, signature, exchange, edited: false };
}

test("no work is sent ahead to one worker while another has none", async () => {
  using folder = temporaryFolder();
  const options = await optionsOf(writeOnnx(join(folder.path, "model.onnx"), affineModel()));
  const lanes = [new Lane(), new Lane(), new Lane()];
  let started = false;
  const busy: number[] = [];
  const { source, done } = sourceOf(12, () => busy.push(lanes.filter((lane) => !lane.idle).length));
  const held: WorkSource = {
    ...source,
    available: (now) => (started ? source.available(now) : 0),
  };
  for (const lane of lanes) await lane.open(held, options);
  assert.deepEqual([...held.lanes], lanes);
  started = true;
  // The first that is asked has room for two.
  for (const lane of lanes) lane.notify();
  await done;
  assert.deepEqual(busy.slice(0, 3), [0, 1, 2]);
  assert.equal(busy.length, 12);
  for (const lane of lanes) await lane.release(held);
  assert.equal(held.lanes.size, 0);
  for (const lane of lanes) await lane.close();
});

test("a flood of short runs holds up nobody who has a single one", async () => {
  using folder = temporaryFolder();
  const options = await optionsOf(writeOnnx(join(folder.path, "model.onnx"), affineModel()));
  const lane = new Lane();
  let started = false;
  const taken: string[] = [];
  const flood = sourceOf(20, () => taken.push("flood"), 32);
  const single = sourceOf(1, () => taken.push("single"));
  const held = [flood, single].map(({ source }): WorkSource => ({
    ...source,
    available: (now) => (started ? source.available(now) : 0),
  }));
  for (const source of held) await lane.open(source, options);
  started = true;
  lane.notify();
  await Promise.all([flood.done, single.done]);
  assert.equal(taken.indexOf("single"), 1, taken.join(", "));
  for (const source of held) await lane.release(source);
  await lane.close();
});
