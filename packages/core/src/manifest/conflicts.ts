import type { ManifestPath, ManifestProblem } from "./problem.ts";
import type { Manifest } from "./schema.ts";

type Sections = Pick<Manifest, "batching" | "queue" | "cache" | "sequence">;

/**
 * Settings that each are valid and do not go together.
 *
 * Apart from the schema, and free of it, as settings may also come with a request to load a model,
 * section by section.
 */
export function findConflicts(manifest: Sections): ManifestProblem[] {
  return [...priorityConflicts(manifest), ...orderConflicts(manifest), ...cacheConflicts(manifest)];
}

function priorityConflicts({ queue }: Sections): ManifestProblem[] {
  const { priorities } = queue ?? {};
  if (priorities === undefined) return [];
  const { levels, default: usual, policies = {} } = priorities;
  const path: ManifestPath = ["queue", "priorities"];
  const message = `expected a priority from 1 to ${levels}, the number of levels`;
  return [
    ...(usual > levels
      ? [{ path: [...path, "default"], message: `${message}, got ${usual}` }]
      : []),
    ...Object.keys(policies)
      .filter((level) => Number(level) > levels)
      .map((level) => ({ path: [...path, "policies", level], message })),
  ];
}

/** As of Triton: an order of answers that is not that of the runs would only hold answers up. */
function orderConflicts({ batching, queue }: Sections): ManifestProblem[] {
  if (batching?.preserveOrdering !== true || queue === undefined) return [];
  const path = ["batching", "preserveOrdering"];
  const { levels = 1, policies = {} } = queue.priorities ?? {};
  if (levels > 1) {
    const message =
      "answers cannot keep the order of requests that overtake each other by priority";
    return [{ path, message, suggestion: "remove it, or queue.priorities" }];
  }
  if (![queue, ...Object.values(policies)].some((policy) => policy.timeoutAction === "delay"))
    return [];
  const message = "answers cannot keep the order of requests of which late ones are delayed";
  return [{ path, message, suggestion: "remove it, or let timeoutAction be reject" }];
}

function cacheConflicts({ cache, sequence }: Sections): ManifestProblem[] {
  if (cache === undefined || sequence === undefined) return [];
  const message = "a model with a memory does not answer the same to equal inputs";
  return [{ path: ["cache"], message, suggestion: "remove cache, or sequence" }];
}
