import { z } from "zod";

const positiveInteger = z.int().positive();

const policy = {
  maxLength: positiveInteger.optional().describe("Requests that may wait; 1,024 by default."),
  timeoutMs: z
    .number()
    .positive()
    .optional()
    .describe(
      "How long a request may wait for its run; as long as it takes by default. A run that has " +
        "begun is not ended by it.",
    ),
  timeoutAction: z
    .enum(["reject", "delay"])
    .optional()
    .describe(
      "What becomes of a request that waited longer: `reject`, the default, answers with an error; " +
        "`delay` lets those of its priority go first that did not.",
    ),
  allowTimeoutOverride: z
    .boolean()
    .optional()
    .describe(
      "Whether a request's own `timeout` counts where it is shorter; true by default. Where " +
        "requests are rejected, it ends a run too; where they are delayed, it delays.",
    ),
};

const priorities = z.strictObject({
  levels: positiveInteger.describe(
    "Requests have priorities from 1, which goes first, up to this.",
  ),
  default: positiveInteger.describe("Priority of requests that name none, or 0."),
  policies: z
    .record(z.string().regex(/^[1-9]\d*$/, "a priority, such as 1"), z.strictObject(policy))
    .optional()
    .describe(
      "Policies of single priorities, which stand as a whole in place of the queue's own. Each " +
        "priority has its own `maxLength`.",
    ),
});

/** The section `queue` of a manifest: requests that wait for a run. */
export const queueSchema = z.strictObject({
  ...policy,
  priorities: priorities
    .optional()
    .describe(
      "Levels that the priorities of requests are checked against. By default any number will do, " +
        "one without is 10, and all share one policy.",
    ),
});

/** What `bundle.yaml` says of the queue. */
export type QueueSettings = z.output<typeof queueSchema>;

/** What happens to the requests that wait at one priority. */
export type QueuePolicySettings = Omit<QueueSettings, "priorities">;
