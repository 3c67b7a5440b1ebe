import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { InferRequest, InferResponse, LongshoreError } from "@longshore/core";
import { limitsOf, policyOf, priorityOf, timeoutEnds, toQueuePolicies } from "./queuePolicy.ts";
import { RequestQueue } from "./queue.ts";

type Settings = Parameters<typeof toQueuePolicies>[0];

const ANSWER: InferResponse = { outputs: new Map() };

/** A request that is told apart by its only element. */
function requestOf(id: number, priority?: number): InferRequest {
  const tensor = { datatype: "INT32", shape: [1, 1], data: Int32Array.of(id) } as const;
  return { inputs: new Map([["x", tensor]]), ...(priority !== undefined && { priority }) };
}

function idOf({ inputs }: InferRequest): number {
  return (inputs.get("x")!.data as Int32Array)[0]!;
}

function open(settings: Settings): RequestQueue {
  const queue = new RequestQueue(
    "m",
    {
      batchable: true,
      maxBatchSize: 1,
      maxQueueDelayMs: 0,
      preferredBatchSizes: [],
      groupKey: () => "",
      policies: toQueuePolicies(settings),
    },
    () => undefined,
  );
  queue.limitTime();
  return queue;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: unknown) => (error as LongshoreError).code,
  );

test("a level's policy stands in place of the queue's own, as a whole", () => {
  const policies = toQueuePolicies({
    maxLength: 5,
    timeoutMs: 20,
    timeoutAction: "delay",
    allowTimeoutOverride: false,
    priorities: { levels: 3, default: 2, policies: { "1": { timeoutMs: 7 } } },
  });
  const shared = { maxLength: 5, timeoutMs: 20, delays: true, allowsOwn: false };
  assert.deepEqual(
    [2, 3].map((level) => policyOf(policies, level)),
    [shared, shared],
  );
  assert.deepEqual(policyOf(policies, 1), {
    maxLength: 1024,
    timeoutMs: 7,
    delays: false,
    allowsOwn: true,
  });
  assert.deepEqual(
    [1, undefined, 3].map((level) => timeoutEnds(policies, level)),
    [true, false, false],
  );
});

test("a priority is one of the levels, where there are any", () => {
  const policies = toQueuePolicies({ priorities: { levels: 2, default: 2 } });
  assert.deepEqual(
    [undefined, 0, 1, 2].map((given) => priorityOf(policies, requestOf(1, given), "m")),
    [2, 2, 1, 2],
  );
  assert.throws(() => priorityOf(policies, requestOf(1, 3), "m"), {
    code: "PARAMETER_INVALID",
    message:
      'parameter "priority": expected a level of "m", from 1, the highest, to 2, or 0 for its default, got 3',
  });
  assert.equal(priorityOf(toQueuePolicies(), requestOf(1, 1_000_000), "m"), 1_000_000);
  assert.equal(priorityOf(toQueuePolicies(), requestOf(1), "m"), 10);
});

test("whose time counts, and for what", () => {
  const reject = policyOf(toQueuePolicies({ timeoutMs: 50 }), 1);
  const delay = { ...reject, delays: true };
  const strict = { ...reject, allowsOwn: false };
  const context = { deadline: 1200, timeoutAt: 1030 };
  assert.deepEqual(limitsOf(reject, context, 1000), { deadline: 1030, patience: 1050 });
  assert.deepEqual(limitsOf(delay, context, 1000), { deadline: 1200, patience: 1030 });
  assert.deepEqual(limitsOf(delay, { timeoutAt: 1070 }, 1000), {
    deadline: undefined,
    patience: 1050,
  });
  assert.deepEqual(limitsOf(strict, context, 1000), { deadline: 1200, patience: 1050 });
  assert.deepEqual(limitsOf(policyOf(toQueuePolicies(), 1), {}, 1000), {
    deadline: undefined,
    patience: undefined,
  });
});

test("the queue is full for one priority, not for the others", async () => {
  const queue = open({
    priorities: { levels: 2, default: 2, policies: { "1": { maxLength: 1 } } },
  });
  void queue.add(requestOf(1, 1), {});
  assert.equal(await codeOf(queue.add(requestOf(2, 1), {})), "QUEUE_FULL");
  void queue.add(requestOf(3), {});
  assert.equal(await codeOf(queue.add(requestOf(4, 3), {})), "PARAMETER_INVALID");
  assert.equal(queue.length, 2);
  queue.take(1);
  void queue.add(requestOf(5, 1), {});
  assert.equal(queue.length, 2);
});

test("time in the queue does not end a run, a deadline and an own timeout do", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const queue = open({ timeoutMs: 1000 });
  const add = (id: number, context = {}): Promise<string> =>
    codeOf(queue.add(requestOf(id), context));
  const soon = performance.now() + 5000;
  const inRun = add(1);
  const dead = add(2, { deadline: soon });
  const impatient = add(3, { timeoutAt: soon });
  const runs = [1, 2, 3].map(() => queue.take(1)[0]!);
  const waiting = add(4);
  t.mock.timers.tick(1001);
  assert.equal(await waiting, "TIMEOUT");
  t.mock.timers.tick(5000);
  assert.deepEqual(await Promise.all([dead, impatient]), ["TIMEOUT", "TIMEOUT"]);
  for (const run of runs) run.resolve(ANSWER);
  assert.equal(await inRun, "answered");
});

test("a time that is over when the request comes ends it at once, or puts it behind", async () => {
  const past = performance.now() - 1;
  for (const context of [{ deadline: past }, { timeoutAt: past }]) {
    assert.equal(await codeOf(open({}).add(requestOf(1), context)), "TIMEOUT");
  }
  const ignoring = open({ allowTimeoutOverride: false });
  void ignoring.add(requestOf(1), { timeoutAt: past });
  assert.equal(ignoring.length, 1);
});

test("before time is limited, requests wait for as long as it takes", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const queue = new RequestQueue(
    "m",
    {
      batchable: false,
      maxBatchSize: 0,
      maxQueueDelayMs: 0,
      preferredBatchSizes: [],
      groupKey: () => "",
      policies: toQueuePolicies({ timeoutMs: 1 }),
    },
    () => undefined,
  );
  void queue.add(requestOf(1), {});
  t.mock.timers.tick(1_000_000);
  assert.equal(queue.length, 1);
});

interface Plain {
  readonly id: number;
  readonly level: number;
  readonly since: number;
  readonly patience: number | undefined;
  late: boolean;
}

test("property: the queue of the policies is what a plain list under the same rules is", async (t) => {
  const policy = fc.record(
    {
      maxLength: fc.integer({ min: 1, max: 4 }),
      timeoutMs: fc.integer({ min: 1, max: 30 }),
      timeoutAction: fc.constantFrom("reject" as const, "delay" as const),
    },
    { requiredKeys: [] },
  );
  const settings = fc
    .record({ shared: policy, levels: fc.integer({ min: 1, max: 3 }), first: fc.option(policy) })
    .chain(({ shared, levels, first }) =>
      fc.integer({ min: 1, max: levels }).map((usual) => ({
        ...shared,
        priorities: { levels, default: usual, ...(first && { policies: { "1": first } }) },
      })),
    );
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: fc.nat({ max: 4 }) }) },
    { weight: 2, arbitrary: fc.constant({ take: true }) },
    { weight: 2, arbitrary: fc.record({ tick: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 1, arbitrary: fc.record({ abort: fc.nat() }) },
  );
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await fc.assert(
    fc.asyncProperty(settings, fc.array(action, { maxLength: 80 }), async (drawn, actions) => {
      const queue = open(drawn);
      const { levels, default: usual, policies } = drawn.priorities;
      const own = (level: number) => (level === 1 && policies ? policies["1"] : drawn);
      const got = new Map<number, Promise<string>>();
      const expected = new Map<number, string>();
      const controllers = new Map<number, AbortController>();
      let list: Plain[] = [];
      let clock = 0;
      const leave = (left: Plain, how: string): void => {
        list = list.filter((other) => other !== left);
        expected.set(left.id, how);
      };
      for (const [id, step] of actions.entries()) {
        if ("add" in step) {
          const controller = new AbortController();
          controllers.set(id, controller);
          const request = requestOf(id, step.add);
          got.set(id, codeOf(queue.add(request, { signal: controller.signal })));
          const level = step.add || usual;
          const { maxLength = 1024, timeoutMs } = own(level);
          const there = list.filter((other) => other.level === level).length;
          if (level > levels) expected.set(id, "PARAMETER_INVALID");
          else if (there >= maxLength) expected.set(id, "QUEUE_FULL");
          else list.push({ id, level, since: clock, patience: timeoutMs, late: false });
        } else if ("tick" in step) {
          t.mock.timers.tick(step.tick);
          clock += step.tick;
          for (const waiting of list) {
            if (waiting.patience === undefined || clock - waiting.since < waiting.patience)
              continue;
            if (own(waiting.level).timeoutAction === "delay") waiting.late = true;
            else leave(waiting, "TIMEOUT");
          }
        } else if ("abort" in step) {
          const waiting = list[step.abort % list.length];
          if (waiting === undefined) continue;
          controllers.get(waiting.id)!.abort();
          leave(waiting, "CANCELLED");
        } else {
          const [taken] = queue.take(1);
          const first = list.toSorted(
            (a, b) => a.level - b.level || Number(a.late) - Number(b.late) || a.id - b.id,
          )[0];
          assert.equal(taken && idOf(taken.request), first?.id);
          if (first !== undefined) leave(first, "answered");
          taken?.resolve(ANSWER);
        }
        assert.equal(queue.length, list.length);
      }
      for (const waiting of list) {
        controllers.get(waiting.id)!.abort();
        expected.set(waiting.id, "CANCELLED");
      }
      for (const [id, code] of got) assert.equal(await code, expected.get(id), `request ${id}`);
    }),
    { numRuns: 300 },
  );
});
