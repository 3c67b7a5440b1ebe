/**
 * `dynamic_batching` with its queue policies, both ways.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelDynamicBatching` and
 * `ModelQueuePolicy`.
 */
import type { Manifest } from "../manifest/schema.ts";
import type { TritonConfig, TritonQueuePolicy } from "./messages.ts";
import { problem } from "./problem.ts";

type DynamicBatching = NonNullable<TritonConfig["dynamic_batching"]>;
type BatchingSettings = NonNullable<Manifest["batching"]>;
type QueueSettings = NonNullable<Manifest["queue"]>;
type Priorities = NonNullable<QueueSettings["priorities"]>;
type PolicySettings = NonNullable<Priorities["policies"]>[string];

const WHERE = "dynamic_batching";

/** @throws ModelConfigProblem */
export function readDynamicBatching(given: DynamicBatching): {
  readonly batching: BatchingSettings;
  readonly queue: QueueSettings;
} {
  const { preferred_batch_size: sizes = [], max_queue_delay_microseconds: delay } = given;
  for (const [index, size] of sizes.entries()) {
    if (size < 1)
      throw problem(`${WHERE}.preferred_batch_size[${index}]`, "an integer from 1", size);
  }
  const priorities = readPriorities(given);
  const policy = given.default_queue_policy;
  return {
    batching: {
      ...(delay !== undefined && { maxQueueDelayMs: delay / 1000 }),
      ...(sizes.length > 0 && { preferredBatchSizes: sizes }),
      ...(given.preserve_ordering === true && { preserveOrdering: true }),
    },
    queue: {
      ...(policy && readPolicy(policy)),
      ...(priorities && { priorities }),
    },
  };
}

/**
 * A policy that is given says all: what it leaves out is protobuf's default, so that requests may
 * not shorten the time unless it says so.
 */
function readPolicy(policy: TritonQueuePolicy): PolicySettings {
  const { default_timeout_microseconds: timeout = 0, max_queue_size: size = 0 } = policy;
  return {
    ...(size > 0 && { maxLength: size }),
    ...(timeout > 0 && { timeoutMs: timeout / 1000 }),
    ...(policy.timeout_action === "DELAY" && { timeoutAction: "delay" as const }),
    allowTimeoutOverride: policy.allow_timeout_override ?? false,
  };
}

function readPriorities(given: DynamicBatching): Priorities | undefined {
  const { priority_levels: levels = 0, default_priority_level: chosen = 0 } = given;
  const policies = Object.entries(given.priority_queue_policy ?? {});
  if (levels === 0) {
    if (chosen > 0) throw problem(`${WHERE}.default_priority_level`, "priority_levels", chosen);
    const [level] = policies[0] ?? [];
    if (level !== undefined)
      throw problem(`${WHERE}.priority_queue_policy.${level}`, "priority_levels", level);
    return undefined;
  }
  const expected = `a level from 1 to ${levels}`;
  if (chosen < 1 || chosen > levels)
    throw problem(`${WHERE}.default_priority_level`, expected, chosen);
  for (const [level] of policies) {
    if (Number(level) < 1 || Number(level) > levels)
      throw problem(`${WHERE}.priority_queue_policy.${level}`, expected, Number(level));
  }
  return {
    levels,
    default: chosen,
    ...(policies.length > 0 && {
      policies: Object.fromEntries(policies.map(([level, policy]) => [level, readPolicy(policy)])),
    }),
  };
}

/**
 * The section that a model's batching and queue are described by.
 *
 * @param batching as it was decided.
 */
export function toDynamicBatching(
  batching: { readonly maxQueueDelayMs: number; readonly preferredBatchSizes: readonly number[] },
  { batching: settings = {}, queue = {} }: Pick<Manifest, "batching" | "queue">,
): DynamicBatching {
  const { priorities, ...policy } = queue;
  return {
    preferred_batch_size: [...batching.preferredBatchSizes],
    max_queue_delay_microseconds: Math.round(batching.maxQueueDelayMs * 1000),
    ...(settings.preserveOrdering === true && { preserve_ordering: true }),
    ...(priorities && {
      priority_levels: priorities.levels,
      default_priority_level: priorities.default,
    }),
    ...(Object.keys(policy).length > 0 && { default_queue_policy: toPolicy(policy) }),
    ...(priorities?.policies && {
      priority_queue_policy: Object.fromEntries(
        Object.entries(priorities.policies).map(([level, each]) => [level, toPolicy(each)]),
      ),
    }),
  };
}

function toPolicy(policy: PolicySettings): TritonQueuePolicy {
  const { maxLength, timeoutMs, timeoutAction, allowTimeoutOverride = true } = policy;
  return {
    timeout_action: timeoutAction === "delay" ? "DELAY" : "REJECT",
    default_timeout_microseconds: Math.round((timeoutMs ?? 0) * 1000),
    allow_timeout_override: allowTimeoutOverride,
    max_queue_size: maxLength ?? 0,
  };
}
