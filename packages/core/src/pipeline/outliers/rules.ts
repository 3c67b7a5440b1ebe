import { z } from "zod";

const action = z
  .enum(["pass", "flag", "reject"])
  .describe(
    "`pass` does nothing, `flag` tells it in the answer, `reject` refuses the call with status 422.",
  );

const fieldAction = z
  .enum(["pass", "flag", "reject", "default"])
  .describe(
    "`pass` does nothing, `flag` tells it in the answer, `reject` refuses the call with status 422, " +
      "`default` puts the input's `default` in place and flags it.",
  );

const fields = z
  .array(z.string())
  .min(1)
  .optional()
  .describe("By default all that it can be about and that no other such rule names.");

/** What a value of a row must be like, and what is done about one that is not. */
export const ruleSchema = z.discriminatedUnion("rule", [
  z
    .strictObject({ rule: z.literal("range"), fields, action: fieldAction })
    .describe(
      "A number lies in the field's `range`; in an input without one, between the smallest and the " +
        "largest of the training data, if there is a profile.",
    ),
  z
    .strictObject({ rule: z.literal("category"), fields, action: fieldAction })
    .describe("A category is one of the input's `values`; without those, one of the profile's."),
  z
    .strictObject({ rule: z.literal("missing"), fields, action: fieldAction })
    .describe("A value is there."),
  z
    .strictObject({
      rule: z.literal("distance"),
      quantile: z
        .number()
        .gt(0)
        .lt(1)
        .optional()
        .describe(
          "The share of normally distributed rows that would lie within the limit, such as 0.999.",
        ),
      threshold: z
        .number()
        .positive()
        .optional()
        .describe("The limit itself, a squared distance; instead of `quantile`."),
      action,
    })
    .describe(
      "The numbers of a row together lie as near to the training data as its rows did: by the " +
        "Mahalanobis distance, from the profile. Rows with missing numbers are not measured.",
    ),
  z
    .strictObject({
      rule: z.literal("confidence"),
      column: z.string().describe("Probabilities: a tensor with classes along its only axis."),
      floor: z.number().min(0).max(1).describe("What the highest of them must reach."),
      action,
    })
    .describe("The model is sure enough of its answer."),
]);

export type Rule = z.output<typeof ruleSchema>;
export type RuleOf<Name extends Rule["rule"]> = Extract<Rule, { rule: Name }>;
