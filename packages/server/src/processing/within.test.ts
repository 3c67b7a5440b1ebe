import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "./within.ts";

const MODEL = { model: "m", started: performance.now() };

test("work that is done in time is the answer, an error its error", async () => {
  const { signal } = new AbortController();
  const limit = { ...MODEL, signal, deadline: performance.now() + 60_000 };
  assert.equal(await within(Promise.resolve(7), limit), 7);
  assert.equal(await within(Promise.resolve(7), MODEL), 7);
  await assert.rejects(within(Promise.reject(new Error("no")), limit), /^Error: no$/);
});

test("a caller that leaves ends the wait, and so does the deadline", async () => {
  const never = new Promise<void>(() => undefined);
  const controller = new AbortController();
  const waiting = within(never, { ...MODEL, signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, { code: "CANCELLED" });
  await assert.rejects(within(never, { ...MODEL, signal: controller.signal }), {
    code: "CANCELLED",
  });
  for (const deadline of [performance.now() + 5, performance.now() - 5, 0])
    await assert.rejects(within(never, { ...MODEL, deadline }), { code: "TIMEOUT" });
});

test("nothing is left behind that would keep the process or the signal's listeners", async () => {
  let listeners = 0;
  const signal = {
    aborted: false,
    addEventListener: () => listeners++,
    removeEventListener: () => listeners--,
  };
  await within(Promise.resolve(), { ...MODEL, signal, deadline: performance.now() + 3_600_000 });
  assert.equal(listeners, 0);
});
