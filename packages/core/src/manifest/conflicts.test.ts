import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlaced, readManifest } from "./index.ts";

test("settings that do not go together are told at their places", () => {
  const cases: [yaml: string, problem: string | undefined][] = [
    [
      "queue:\n  priorities: { levels: 2, default: 2, policies: { '1': { maxLength: 3 } } }",
      undefined,
    ],
    [
      "queue:\n  priorities: { levels: 2, default: 3 }",
      "2:37: queue.priorities.default: expected a priority from 1 to 2, the number of levels, got 3",
    ],
    [
      "queue:\n  priorities:\n    levels: 2\n    default: 1\n    policies:\n      '3': {}",
      "6:12: queue.priorities.policies.3: expected a priority from 1 to 2, the number of levels",
    ],
    [
      "batching: { preserveOrdering: true }\nqueue: { priorities: { levels: 2, default: 1 } }",
      "1:31: batching.preserveOrdering: answers cannot keep the order of requests that overtake each " +
        "other by priority; remove it, or queue.priorities",
    ],
    [
      "batching: { preserveOrdering: true }\nqueue: { priorities: { levels: 1, default: 1 } }",
      undefined,
    ],
    [
      "batching: { preserveOrdering: true }\nqueue: { timeoutMs: 5, timeoutAction: delay }",
      "1:31: batching.preserveOrdering: answers cannot keep the order of requests of which late ones " +
        "are delayed; remove it, or let timeoutAction be reject",
    ],
    ["batching: { preserveOrdering: true }\nqueue: { timeoutMs: 5 }", undefined],
    [
      "cache: {}\nsequence: {}",
      "1:8: cache: a model with a memory does not answer the same to equal inputs; remove cache, or " +
        "sequence",
    ],
    ["cache: { maxMib: 1 }", undefined],
  ];
  for (const [yaml, problem] of cases) {
    const read = readManifest(yaml);
    const problems = "problems" in read ? read.problems : [];
    const said = problems.map((found) => formatPlaced("", found).slice(1));
    assert.deepEqual(said, problem === undefined ? [] : [problem], yaml);
  }
});
