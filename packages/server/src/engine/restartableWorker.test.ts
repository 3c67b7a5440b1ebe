import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { RestartableWorker, threadsLeftBehind, type WorkerStopped } from "./restartableWorker.ts";

const MAX_MEMORY_MIB = 64;

type Reply = string | number;

/** A worker whose requests are JavaScript; what it answers is their value. */
async function openWorker(
  opening = "'open'",
): Promise<{ worker: RestartableWorker<string, Reply>; opened: Reply } & AsyncDisposable> {
  const folder = temporaryFolder();
  const helper = new URL("answerRequests.ts", import.meta.url).href;
  const entry = join(folder.path, "subject.mjs");
  writeFileSync(
    entry,
    `import { answerRequests } from ${JSON.stringify(helper)};
     import { LongshoreError } from ${JSON.stringify(import.meta.resolve("@longshore/core"))};
     answerRequests(async (code) => ({ reply: await (0, eval)(code), transfers: [] }));
     globalThis.LongshoreError = LongshoreError;`,
  );
  const worker = new RestartableWorker<string, Reply>({
    entry: pathToFileURL(entry),
    name: "subject",
    opening: { request: opening, limitMs: 5_000 },
    maxMemoryMib: MAX_MEMORY_MIB,
  });
  try {
    const opened = await worker.open();
    return {
      worker,
      opened,
      async [Symbol.asyncDispose]() {
        await worker[Symbol.asyncDispose]();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

const LIMIT = { limitMs: 20_000 };

test("requests are answered in order, and errors are told as they were", async () => {
  await using subject = await openWorker();
  const { worker, opened } = subject;
  assert.equal(opened, "open");
  const asked = Array.from({ length: 20 }, (_, n) =>
    worker.ask(`(globalThis.seen ??= []).push(${n})`, [], LIMIT),
  );
  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  assert.equal(await worker.ask("seen.join()", [], LIMIT), [...Array(20).keys()].join());
  await assert.rejects(
    worker.ask("throw new RangeError('too far')", [], LIMIT),
    /^Error: too far$/,
  );
  await assert.rejects(
    worker.ask("throw new LongshoreError('FIELD_INVALID', 'field')", [], LIMIT),
    { code: "FIELD_INVALID", message: "field" },
  );
  await assert.rejects(
    worker.ask("throw { toString() { throw 1; } }", [], LIMIT),
    /an error without words/,
  );
  // What cannot be cloned is the request's failure, not the thread's.
  await assert.rejects(worker.ask("() => 1", [], LIMIT), /could not be cloned/);
  assert.equal(await worker.ask("seen.length", [], LIMIT), 20, "the same thread still answers");
});

/** Ways in which code does not answer, with what the caller is told. */
const ENDS: readonly [name: string, code: string, limit: WorkerStopped["limit"], told: RegExp][] = [
  ["an endless loop", "for (;;);", "time", /took over 300 ms/],
  ["a promise that never settles", "new Promise(() => {})", "time", /took over 300 ms/],
  ["a lock", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "time", /took over/],
  ["a full heap", "for (const a = [];;) a.push({})", "memory", /took over 64 MiB of memory/],
  [
    "typed arrays outside the heap",
    "for (const a = [];;) a.push(new Float64Array(1e5).fill(1))",
    "memory",
    /took over 64 MiB of memory/,
  ],
  ["process.exit()", "process.exit(0)", "ended", /ended the thread \(exit code 0\)/],
  [
    "an unhandled rejection",
    "Promise.reject(new Error('nobody cares')); new Promise(() => {})",
    "ended",
    /nobody cares/,
  ],
  [
    "a rejection with nothing",
    "Promise.reject(); new Promise(() => {})",
    "ended",
    /its code ended with an error: /,
  ],
  [
    "null thrown in a timer",
    "setTimeout(() => { throw null; }); new Promise(() => {})",
    "ended",
    /its code ended with an error: /,
  ],
  [
    "an exception in a timer",
    "setTimeout(() => { throw new Error('late'); }); new Promise(() => {})",
    "ended",
    /late/,
  ],
];

for (const [name, code, limit, told] of ENDS) {
  test(`${name}: that request fails, those behind it are answered by a fresh thread`, async () => {
    await using subject = await openWorker();
    const { worker } = subject;
    assert.equal(await worker.ask("globalThis.mark = 1", [], LIMIT), 1);
    const limitMs = limit === "time" ? 300 : 30_000;
    const guilty = worker.ask(code, [], { limitMs });
    const innocent = worker.ask("String(globalThis.mark)", [], LIMIT);
    await assert.rejects(guilty, (error: WorkerStopped) => {
      assert.equal(error.name, "WorkerStopped");
      assert.equal(error.limit, limit);
      assert.match(error.message, told);
      return true;
    });
    assert.equal(await innocent, "undefined");
    assert.equal(worker.unready, undefined);
  });
}

test("printing without end neither fills this process nor keeps the thread alive", async () => {
  await using subject = await openWorker();
  const { worker } = subject;
  const before = process.memoryUsage().rss;
  await assert.rejects(
    worker.ask("for (;;) console.log('x'.repeat(1000))", [], { limitMs: 1_000 }),
    { name: "WorkerStopped" },
  );
  assert.equal(await worker.ask("1", [], LIMIT), 1);
  assert.ok(process.memoryUsage().rss - before < 400 * 2 ** 20);
});

test("an opening that fails is the caller's error, and leaves nothing behind", async () => {
  await assert.rejects(openWorker("throw new Error('no such file')"), /no such file/);
  await assert.rejects(openWorker("process.exit(7)"), /exit code 7/);
});

test("after several ends in a row it is not ready, and becomes ready again by itself", async () => {
  await using subject = await openWorker();
  const { worker } = subject;
  for (let end = 0; end < 5; end++) {
    assert.equal(worker.unready, undefined);
    await assert.rejects(worker.ask("process.exit(1)", [], LIMIT), /exit code 1/);
  }
  assert.match(worker.unready!, /ended 5 times in a row: its code ended the thread/);
  await assert.rejects(worker.ask("1", [], LIMIT), /5 times in a row/);
  while (worker.unready !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await worker.ask("1", [], LIMIT), 1);
  await assert.rejects(worker.ask("process.exit(1)", [], LIMIT), /exit code 1/);
  assert.equal(worker.unready, undefined, "an answer in between makes it good again");
});

test("whatever is asked, and in whatever order, each asker gets what its own code does", async () => {
  await using subject = await openWorker();
  const { worker } = subject;
  const kinds = {
    answers: ["'fine'", /^fine$/],
    throws: ["throw new Error('thrown')", /thrown/],
    exits: ["process.exit(9)", /exit code 9/],
    loops: ["for (;;);", /took over 150 ms/],
  } as const;
  const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));
  await fc.assert(
    fc.asyncProperty(fc.array(kind, { maxLength: 6 }), async (asked) => {
      // An answer in between, so that it is never taken for broken.
      const order = asked.flatMap((name) => [name, "answers" as const]);
      const told = await Promise.all(
        order.map((name) =>
          worker
            .ask(kinds[name][0], [], { limitMs: name === "loops" ? 150 : 20_000 })
            .catch((error: Error) => error.message),
        ),
      );
      for (const [index, name] of order.entries())
        assert.match(String(told[index]), kinds[name][1]);
    }),
    { numRuns: 12 },
  );
});

test("closing fails what is asked and what waits, at once", async () => {
  const subject = await openWorker();
  const asked = [subject.worker.ask("for (;;);", [], LIMIT), subject.worker.ask("1", [], LIMIT)];
  const failures = Promise.all(asked.map((ask) => assert.rejects(ask, { name: "WorkerStopped" })));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await subject[Symbol.asyncDispose]();
  await failures;
});

test("a call that nothing can interrupt is left behind, and a fresh thread goes on", async () => {
  await using subject = await openWorker();
  const { worker } = subject;
  const stuck = worker.ask(
    `import("node:child_process").then(({ execSync }) => execSync("sleep 4"))`,
    [],
    { limitMs: 200 },
  );
  await assert.rejects(stuck, /took over 200 ms/);
  assert.equal(threadsLeftBehind(), 1);
  assert.equal(await worker.ask("1", [], LIMIT), 1);
  while (threadsLeftBehind() > 0) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("code in the thread sees no environment, and can answer for nobody", async () => {
  await using subject = await openWorker();
  const { worker } = subject;
  assert.equal(
    await worker.ask("Object.keys(process.env).length + process.argv.length", [], LIMIT),
    2,
  );
  const forged = `import("node:worker_threads").then(({ parentPort }) => {
    parentPort.postMessage({ reply: "forged" });
    return "true";
  })`;
  assert.equal(await worker.ask(forged, [], LIMIT), "true");
});
