import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import type { InferContext, InferRequest, SequencePosition, Tensor } from "@longshore/core";
import { writeBundle } from "../../../../../test/support/bundles.ts";
import { memoryModel, memoryYaml } from "../../../../../test/support/memory.ts";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { createModelHost, type ModelHost } from "../../modelHost.ts";

/** A host of the model with a memory. @param settings more lines of `sequence`. */
async function open(settings = ""): Promise<{ host: ModelHost } & AsyncDisposable> {
  const folder = temporaryFolder();
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml(settings));
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    host,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

interface Step extends SequencePosition {
  readonly x: bigint;
}

interface Seen {
  readonly y: bigint;
  readonly flags: readonly bigint[];
  readonly id: bigint | string;
}

function toRequest({ x, ...sequence }: Step): InferRequest {
  const tensor: Tensor = { datatype: "INT64", shape: [1, 1], data: BigInt64Array.of(x) };
  return { inputs: new Map([["x", tensor]]), sequence };
}

async function ask({ registry }: ModelHost, step: Step, context: InferContext = {}): Promise<Seen> {
  const { outputs } = await registry.get("memory").infer(toRequest(step), context);
  assert.deepEqual([...outputs.keys()], ["y", "flags", "id"]);
  const [y, flags, id] = [...outputs.values()].map(({ data }) => [...(data as BigInt64Array)]);
  return { y: y![0]!, flags: flags!, id: id![0]! };
}

const step = (id: bigint, x: number, where = ""): Step => ({
  id,
  x: BigInt(x),
  start: where.includes("start"),
  end: where.includes("end"),
});

/** What each step of one sequence must give, run alone, the obvious way. */
function alone(steps: readonly Step[]): (Seen | "SEQUENCE_UNKNOWN")[] {
  let state: bigint | undefined;
  return steps.map(({ id, x, start, end }) => {
    if (start) state = 7n;
    if (state === undefined) return "SEQUENCE_UNKNOWN";
    const y = BigInt.asIntN(64, 3n * state + x);
    state = end ? undefined : y;
    return { y, flags: [BigInt(start), BigInt(end), 1n], id };
  });
}

test("callers see a model without its controls and states", async () => {
  await using setup = await open();
  const { signature, batching } = setup.host.registry.get("memory");
  assert.deepEqual(
    [signature.inputs.map(({ name }) => name), signature.outputs.map(({ name }) => name)],
    [["x"], ["y", "flags", "id"]],
  );
  assert.equal(batching.batchable, true);
});

test("however sequences are mixed, each is as if it were alone", async () => {
  await using setup = await open();
  const stepOf = fc.record({
    id: fc.integer({ min: 1, max: 5 }).map(BigInt),
    x: fc.integer({ min: -9, max: 9 }).map(BigInt),
    start: fc.boolean(),
    end: fc.boolean(),
    waits: fc.integer({ min: 0, max: 2 }),
  });
  let round = 0n;
  await fc.assert(
    fc.asyncProperty(fc.array(stepOf, { minLength: 1, maxLength: 60 }), async (steps) => {
      // Ids of their own, so that no sequence of another round goes on.
      const base = 100n * ++round;
      const asked: { step: Step; answer: Promise<Seen | string> }[] = [];
      for (const { waits, ...plain } of steps) {
        const own = { ...plain, id: base + plain.id };
        const answer = ask(setup.host, own).catch((error: { code: string }) => error.code);
        asked.push({ step: own, answer });
        if (waits === 1) await Promise.resolve();
        if (waits === 2) await answer;
      }
      for (const [, own] of Map.groupBy(asked, (each) => each.step.id)) {
        const got = await Promise.all(own.map(({ answer }) => answer));
        assert.deepEqual(got, alone(own.map((each) => each.step)));
      }
    }),
    { numRuns: 60 },
  );
});

test("different sequences share runs, the steps of one do not", async () => {
  await using setup = await open();
  const { stats } = setup.host.registry.get("memory");
  const sequences = Array.from({ length: 40 }, (_, index) => BigInt(index + 1));
  await Promise.all(
    sequences.flatMap((id) => [
      ask(setup.host, step(id, 1, "start")),
      ask(setup.host, step(id, 2)),
      ask(setup.host, step(id, 3, "end")),
    ]),
  );
  assert.equal(stats.inferenceCount, 120);
  assert.ok(stats.executionCount < 60, `${stats.executionCount} runs`);
  assert.ok(stats.executionCount >= 3);
  assert.ok([...stats.batches.keys()].every((size) => size <= sequences.length));
});

test("texts are ids too, though not for a model that wants a number", async () => {
  await using setup = await open();
  const { infer } = setup.host.registry.get("memory");
  const request = toRequest({ id: "a", x: 1n, start: true, end: false });
  await assert.rejects(infer(request, {}), {
    code: "PARAMETER_INVALID",
    message: /"sequence_id": expected an integer from 0 to 9223372036854775807.*got "a"/,
  });
});

test("a request that fails changes nothing", async () => {
  await using setup = await open();
  const gone = { signal: AbortSignal.abort() };
  await assert.rejects(ask(setup.host, step(1n, 1, "start"), gone), { code: "CANCELLED" });
  await assert.rejects(ask(setup.host, step(1n, 1)), { code: "SEQUENCE_UNKNOWN" });
  await ask(setup.host, step(1n, 1, "start"));
  await assert.rejects(ask(setup.host, step(1n, 5), gone), { code: "CANCELLED" });
  await assert.rejects(ask(setup.host, step(1n, 5, "start"), gone), { code: "CANCELLED" });
  await assert.rejects(ask(setup.host, step(1n, 5, "end"), gone), { code: "CANCELLED" });
  assert.equal((await ask(setup.host, step(1n, 0))).y, 66n);
});

test("outputs that are asked for come alone, and the state goes on", async () => {
  await using setup = await open();
  const { infer } = setup.host.registry.get("memory");
  const { outputs } = await infer({ ...toRequest(step(1n, 1, "start")), outputs: ["flags"] }, {});
  assert.deepEqual([...outputs.keys()], ["flags"]);
  assert.equal((await ask(setup.host, step(1n, 0))).y, 66n);
});

test("a request without a sequence, or with other than one row, is refused", async () => {
  await using setup = await open();
  const { infer } = setup.host.registry.get("memory");
  const { inputs, sequence } = toRequest(step(1n, 1, "start"));
  await assert.rejects(infer({ inputs }, {}), {
    code: "PARAMETER_INVALID",
    message: /"sequence_id": expected the sequence of the request, as "memory" keeps state/,
  });
  for (const rows of [0, 2]) {
    const x: Tensor = { datatype: "INT64", shape: [rows, 1], data: new BigInt64Array(rows) };
    await assert.rejects(infer({ inputs: new Map([["x", x]]), sequence: sequence! }, {}), {
      code: "INPUT_SHAPE",
      message: /a request of a sequence has one row/,
    });
  }
});

test("a sequence ends when nobody asks for it any more", async () => {
  await using setup = await open("maxIdleMs: 40");
  await ask(setup.host, step(1n, 1, "start"));
  await sleep(1_000);
  await assert.rejects(ask(setup.host, step(1n, 1)), {
    code: "SEQUENCE_UNKNOWN",
    message: /sequence 1 of "memory" is not running: .* idle for more than 40 ms; send its first/,
  });
});

test("no more sequences run than may", async () => {
  await using setup = await open("maxSequences: 2");
  await ask(setup.host, step(1n, 1, "start"));
  await ask(setup.host, step(2n, 1, "start"));
  await assert.rejects(ask(setup.host, step(3n, 1, "start")), {
    code: "SEQUENCES_FULL",
    message: /limit of 2 sequences/,
  });
  await ask(setup.host, step(1n, 1, "start"));
  await ask(setup.host, step(1n, 1, "end"));
  await ask(setup.host, step(3n, 1, "start"));
});

test("what was accepted is answered when the model goes, and then nothing runs", async () => {
  await using setup = await open();
  const asked = Array.from({ length: 20 }, (_, index) =>
    ask(setup.host, step(1n, 0, index === 0 ? "start" : "")),
  );
  await setup.host.registry.unload("memory");
  let state = 7n;
  for (const answer of asked) {
    state *= 3n;
    assert.equal((await answer).y, state);
  }
  await setup.host.registry.load("memory");
  await assert.rejects(ask(setup.host, step(1n, 1)), { code: "SEQUENCE_UNKNOWN" });
});

test("a manifest that does not fit the model is said with its place", async () => {
  using folder = temporaryFolder();
  const yaml = memoryYaml().replace("input: s,", "input: t,");
  writeBundle(folder.path, "memory", memoryModel(), yaml);
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  const [entry] = host.registry.index();
  assert.match(
    entry!.reason,
    /bundle.yaml:5:16: sequence.state\[0\].input: the model has no input "t"/,
  );
});
