import { z } from "zod";
import { numbersOf, requireType, withTypes } from "../columns.ts";
import { matrixOf, setMatrix, singleAtLeast } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";

/** For a tensor of several classes, see `class-thresholds`. */
export const threshold: Step = defineStep({
  name: "threshold",
  phase: "after",
  summary:
    "Decides by a probability: one answer from the threshold on, another below, none in a band.",
  options: z.strictObject({
    column: z.string().describe("A number column; the step `pick` makes one of a class's score."),
    at: z.number().describe("The least value that counts as above."),
    labels: z.tuple([z.string(), z.string()]).describe("The answers below and above."),
    abstain: z
      .strictObject({
        from: z.number().describe("The least value that is not sure."),
        to: z.number().describe("The least value that is sure again."),
        label: z.string().describe("The answer between them."),
      })
      .optional()
      .describe("A band in which neither is answered."),
    into: z.string().describe("A text column for the answer; missing where the number is."),
  }),
  examples: [
    {
      options: {
        column: "risk",
        at: 0.4,
        labels: ["benign", "malignant"],
        abstain: { from: 0.25, to: 0.5, label: "unsure" },
        into: "diagnosis",
      },
      given: { risk: [0.1, 0.25, 0.5, null] },
      gives: { risk: [0.1, 0.25, 0.5, null], diagnosis: ["benign", "unsure", "malignant", null] },
    },
    {
      options: { column: "risk", at: 0.5, labels: ["no", "yes"], into: "answer" },
      given: { risk: [0.49, 0.5] },
      gives: { risk: [0.49, 0.5], answer: ["no", "yes"] },
    },
  ],
  prepare({ column, at, labels: [below, above], abstain, into }, { types }) {
    requireType(types, column, "number", "column");
    if (abstain && !(abstain.from <= at && at <= abstain.to && abstain.from < abstain.to))
      throw new StepProblem(
        `the band from ${abstain.from} to ${abstain.to} does not hold the threshold ${at}`,
        "abstain",
      );
    // From each edge on, another answer: the first one below the first edge.
    const edges = abstain ? [abstain.from, abstain.to] : [at];
    const answers = abstain ? [below, abstain.label, above] : [below, above];
    return {
      types: withTypes(types, { [into]: { kind: "text" } }),
      apply(frame) {
        const answer = (value: number): string | null =>
          Number.isNaN(value) ? null : answers[edges.filter((edge) => value >= edge).length]!;
        const values = Array.from(numbersOf(frame, column), answer);
        frame.columns.set(into, { kind: "text", values });
      },
      lower(lowering) {
        const { builder } = lowering;
        const value = matrixOf(lowering, [column]);
        const toCount = (flags: string): string =>
          builder.node("Cast", [flags], { to: { int: 7 } });
        // A missing number is below all edges, and one place further: at the empty text.
        const missing = builder.node("Mul", [
          toCount(builder.node("IsNaN", [value])),
          builder.constant("INT64", [], [answers.length]),
        ]);
        const place = edges.reduce((sum, edge) => {
          const bound = builder.constant("FP32", [], [singleAtLeast(edge)]);
          return builder.node("Add", [
            sum,
            toCount(builder.node("GreaterOrEqual", [value, bound])),
          ]);
        }, missing);
        const texts = builder.constant("BYTES", [answers.length + 1], [...answers, ""]);
        setMatrix(lowering, [into], builder.node("Gather", [texts, place]), "text");
      },
    };
  },
});
