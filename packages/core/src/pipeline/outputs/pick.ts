import { z } from "zod";
import { requireType, withTypes } from "../columns.ts";
import { nearestName } from "../../nearestName.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { applySplit, kindOf, lowerSplit } from "./places.ts";

export const pick: Step = defineStep({
  name: "pick",
  phase: "after",
  summary:
    "Makes a column of one place of a tensor: the probability of a class, a regression's result.",
  options: z.strictObject({
    column: z.string().describe("A tensor with one axis, or of one value a row."),
    at: z
      .union([z.string(), z.int().nonnegative()])
      .optional()
      .describe("A label of the tensor, or a place from 0 on; not needed for one value a row."),
    into: z.string().optional().describe("A number or text column; in place by default."),
  }),
  examples: [
    {
      options: { column: "p", at: "yes", into: "risk" },
      given: {
        p: { datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.5, 0.5], labels: ["no", "yes"] },
      },
      gives: {
        p: { datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.5, 0.5], labels: ["no", "yes"] },
        risk: [0.75, 0.5],
      },
    },
    {
      options: { column: "price" },
      given: { price: { datatype: "FP32", shape: [2, 1], data: [99.5, 120] } },
      gives: { price: [99.5, 120] },
    },
  ],
  prepare({ column, at, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    const [width = 1, ...more] = type.shape;
    if (more.length > 0)
      throw new StepProblem(
        `column "${column}" has the shape [${type.shape.join(", ")}] a row; bring it to one axis by \`reshape\``,
        "column",
      );
    const place = placeOf(at, width, type.labels ?? []);
    return {
      types: withTypes(types, { [into]: { kind: kindOf(type) } }),
      apply: (frame) => applySplit(frame, column, [{ place, into }]),
      ...lowerSplit(type, column, [{ place, into }]),
    };
  },
});

/** @throws StepProblem for a label or a place that is not there. */
function placeOf(
  at: string | number | undefined,
  width: number | string,
  labels: readonly string[],
): number {
  if (at === undefined) {
    if (width === 1) return 0;
    throw new StepProblem(`say which of the ${width} places`, "at");
  }
  const place = typeof at === "number" ? at : labels.indexOf(at);
  if (place >= 0 && (typeof width === "string" || place < width)) return place;
  if (typeof at === "number") throw new StepProblem(`${at} is none of the ${width} places`, "at");
  const nearest = nearestName(at, labels);
  const hint = nearest
    ? `did you mean "${nearest}"?`
    : labels.length > 0
      ? `there are ${labels.join(", ")}`
      : "it has no labels; the step `labels` names its classes";
  throw new StepProblem(`there is no label "${at}"; ${hint}`, "at");
}
