import { fail, type InferContext, type InferRequest } from "@longshore/core";
import type { QueuePolicySettings, QueueSettings } from "@longshore/core/manifest";

/** What happens to the requests that wait at one priority. */
export interface QueuePolicy {
  /** Requests that may wait. */
  readonly maxLength: number;
  /** How long a request may wait, in milliseconds; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
  /** Whether a request that waited longer goes behind those that did not, instead of being rejected. */
  readonly delays: boolean;
  /** Whether requests' own timeouts count. */
  readonly allowsOwn: boolean;
}

/** The policies of a model's queue, by priority. */
export interface QueuePolicies {
  /** Of requests without a priority; 1 is the highest. */
  readonly defaultPriority: number;
  /** The lowest priority; undefined where any number will do, and all share one policy. */
  readonly levels: number | undefined;
  readonly shared: QueuePolicy;
  /** Those of single priorities, which stand in place of the shared one. */
  readonly own: ReadonlyMap<number, QueuePolicy>;
}

const DEFAULT_QUEUE_LENGTH = 1024;
/** Where a model has no levels: room on both sides for those who name a priority. */
const DEFAULT_PRIORITY = 10;

/** The policies that a manifest sets, with the defaults that its reference names. */
export function toQueuePolicies({ priorities, ...shared }: QueueSettings = {}): QueuePolicies {
  const own = Object.entries(priorities?.policies ?? {});
  return {
    defaultPriority: priorities?.default ?? DEFAULT_PRIORITY,
    levels: priorities?.levels,
    shared: toPolicy(shared),
    own: new Map(own.map(([level, policy]) => [Number(level), toPolicy(policy)])),
  };
}

function toPolicy(settings: QueuePolicySettings): QueuePolicy {
  return {
    maxLength: settings.maxLength ?? DEFAULT_QUEUE_LENGTH,
    timeoutMs: settings.timeoutMs,
    delays: settings.timeoutAction === "delay",
    allowsOwn: settings.allowTimeoutOverride ?? true,
  };
}

/** The policy of a priority. */
export function policyOf({ shared, own }: QueuePolicies, priority: number): QueuePolicy {
  return own.get(priority) ?? shared;
}

/**
 * The priority that a request has in a queue.
 *
 * @param model name of the model, for messages.
 * @throws LongshoreError PARAMETER_INVALID for one that is lower than the lowest level.
 */
export function priorityOf(
  { levels, defaultPriority }: QueuePolicies,
  request: InferRequest,
  model: string,
): number {
  const priority = request.priority || defaultPriority;
  if (levels === undefined || priority <= levels) return priority;
  throw fail("PARAMETER_INVALID", {
    parameter: "priority",
    where: "",
    expected: `a level of "${model}", from 1, the highest, to ${levels}, or 0 for its default`,
    got: priority,
  });
}

/** Whether the own timeout of a request of a priority ends it wherever it is. */
export function timeoutEnds(policies: QueuePolicies, priority: number | undefined): boolean {
  const { allowsOwn, delays } = policyOf(policies, priority || policies.defaultPriority);
  return allowsOwn && !delays;
}

/**
 * How long a request may take that comes now; times are those of `performance.now()`.
 *
 * Where requests are rejected, their own timeout is a deadline; where they are delayed, it is one
 * for waiting.
 *
 * @returns when the request is given up wherever it is, and when it has waited for too long.
 */
export function limitsOf(
  { timeoutMs, delays, allowsOwn }: QueuePolicy,
  { deadline, timeoutAt }: InferContext,
  now: number,
): { readonly deadline: number | undefined; readonly patience: number | undefined } {
  const own = allowsOwn ? timeoutAt : undefined;
  const patience = timeoutMs === undefined ? undefined : now + timeoutMs;
  return delays
    ? { deadline, patience: earlier(patience, own) }
    : { deadline: earlier(deadline, own), patience };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
