import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tensor } from "@longshore/core";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { memoryModel, memoryYaml } from "../../../../test/support/memory.ts";
import { affineModel, slowModel, temporaryFolder } from "../../../../test/support/models.ts";
import { createModelHost } from "../modelHost.ts";

async function indicesInOrderOfAnswers(yaml: string): Promise<number[]> {
  using folder = temporaryFolder();
  writeBundle(folder.path, "m", slowModel(), `instances: { count: 2 }\n${yaml}`);
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  const { infer } = host.registry.get("m");
  const ended: number[] = [];
  const all = [];
  for (let index = 0; index < 6; index++) {
    // A session is handed two runs at a time: the second one's are done while the first computes.
    const data = BigInt64Array.of(index === 0 ? 20_000n : 1n);
    const steps: Tensor = { datatype: "INT64", shape: [1], data };
    const answer = infer({ inputs: new Map([["steps", steps]]), outputs: ["done"] }, {});
    all.push(answer.then(() => ended.push(index)));
    await sleep(2);
  }
  await Promise.all(all);
  return ended;
}

test("answers leave in the order of the requests where that is asked for, else as they come", async () => {
  const all = [0, 1, 2, 3, 4, 5];
  assert.deepEqual(await indicesInOrderOfAnswers("batching: { preserveOrdering: true }"), all);
  assert.notDeepEqual(await indicesInOrderOfAnswers(""), all);
});

test("a cache takes what it is given room for, and refuses priorities that there are not", async () => {
  using folder = temporaryFolder();
  const queue = "queue: { priorities: { levels: 1, default: 1 } }\n";
  writeBundle(folder.path, "m", affineModel(), `${queue}cache: { maxMib: 1 }\n`);
  writeBundle(folder.path, "plain", affineModel(), "");
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  const served = host.registry.get("m");
  assert.equal(host.registry.get("plain").cacheBytes, undefined);
  assert.equal(served.cacheBytes, 0);
  const ask = async (value: number, width: number, priority = 0): Promise<void> => {
    const data = new Float32Array(width).fill(value);
    const x: Tensor = { datatype: "FP32", shape: [1, width], data };
    const { outputs } = await served.infer({ inputs: new Map([["x", x]]), priority }, {});
    assert.deepEqual(
      outputs.get("y")!.data,
      data.map((each) => 2 * each + 1),
    );
  };
  for (const value of [1, 2, 3, 1, 2, 3]) await ask(value, 100_000);
  // Room for two answers of 400 KB, and the third always comes when it has just gone.
  assert.deepEqual([served.stats.cacheHit.count, served.stats.cacheMiss.count], [0, 6]);
  assert.ok(served.cacheBytes! > 800_000 && served.cacheBytes! <= 2 ** 20);
  await ask(3, 100_000);
  assert.equal(served.stats.cacheHit.count, 1);
  await assert.rejects(ask(3, 100_000, 2), { code: "PARAMETER_INVALID" });
  await ask(9, 1_000_000);
  await ask(3, 100_000);
  assert.equal(served.stats.cacheHit.count, 2, "what is too large pushes nothing out");
});

test("settings that do not go together keep a model from loading", async () => {
  using folder = temporaryFolder();
  writeBundle(folder.path, "m", memoryModel(), `${memoryYaml()}\ncache: {}\n`);
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  assert.match(
    host.registry.index()[0]!.reason,
    /bundle\.yaml:\d+:8: cache: a model with a memory/,
  );
});
