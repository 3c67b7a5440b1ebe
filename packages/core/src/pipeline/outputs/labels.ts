import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import type { Frame, TypeOf } from "../frame.ts";
import { setMatrix, tensorOf, type Lowering } from "../lowering.ts";
import {
  defineStep,
  StepProblem,
  type PreparedStep,
  type Step,
  type StepContext,
} from "../step.ts";
import { isStrings, toTypedArray } from "../../tensor.ts";
import { requireFloats } from "./elementwise.ts";
import { largestOf, requireClasses, requireLabels, scoresOf } from "./classes.ts";

const options = z.strictObject({
  column: z
    .string()
    .describe(
      "Scores, one a class; or one whole number a row, the class's place; or one text a row.",
    ),
  labels: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Names of the classes, in the model's order; by default those that the graph tells."),
  into: z
    .string()
    .optional()
    .describe(
      "A text column for the name of the likeliest class. For scores, without it they only get " +
        "their names; for whole numbers and texts, in place by default.",
    ),
});

type Options = z.output<typeof options>;

export const labels: Step = defineStep({
  name: "labels",
  phase: "after",
  summary:
    "Names a classifier's classes: scores are answered by name, and the likeliest class becomes a text.",
  options,
  examples: [
    {
      options: { column: "p", labels: ["no", "yes"], into: "answer" },
      given: { p: { datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.5, 0.5] } },
      gives: {
        p: { datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.5, 0.5], labels: ["no", "yes"] },
        answer: ["yes", "no"],
      },
    },
    {
      options: { column: "label", labels: ["cat", "dog"] },
      given: { label: { datatype: "INT64", shape: [3], data: [1, 0, 7] } },
      gives: { label: ["dog", "cat", null] },
    },
    {
      options: { column: "label" },
      given: { label: { datatype: "BYTES", shape: [1, 1], data: ["cat"] } },
      gives: { label: ["cat"] },
    },
  ],
  prepare(chosen, context) {
    const { column } = chosen;
    const type = requireType(context.types, column, "tensor", "column");
    if (type.datatype === "BYTES") return fromTexts(chosen, type, context);
    if (type.datatype === "INT64" || type.datatype === "INT32")
      return fromPlaces(chosen, type, context);
    return chosen.into === undefined
      ? nameScores(chosen, context)
      : chooseLikeliest(chosen, chosen.into, context);
  },
});

/** Scores of more than one axis get names, too; the likeliest class is of one axis only. */
function nameScores({ column, labels: names }: Options, { types }: StepContext): PreparedStep {
  const type = requireType(types, column, "tensor", "column");
  requireFloats(type, column);
  const count = type.shape.at(-1);
  const known = requireLabels({ labels: names ?? type.labels }, column);
  if (count === undefined) throw new StepProblem(`column "${column}" has no axis`, "column");
  if (typeof count === "number" && known.length !== count)
    throw new StepProblem(`${known.length} labels for ${count} classes`, "labels");
  return {
    types: withTypes(types, { [column]: { ...type, labels: known } }),
    apply: () => undefined,
    lower: () => undefined,
  };
}

function chooseLikeliest(
  { column, labels: names }: Options,
  into: string,
  { types }: StepContext,
): PreparedStep {
  const classes = requireClasses(types, column, names);
  const known = requireLabels(classes, column);
  return {
    types: withTypes(types, { [column]: { ...classes.type, labels: known }, [into]: TEXT }),
    apply(frame) {
      const { scores, width } = scoresOf(frame, column);
      const values = Array.from(
        { length: frame.rows },
        (_, row) => known[largestOf(scores.subarray(row * width, (row + 1) * width))] ?? null,
      );
      frame.columns.set(into, { kind: "text", values });
    },
    lower(lowering) {
      const { builder } = lowering;
      const { value } = tensorOf(lowering, column);
      const place = builder.node("ArgMax", [value], { axis: { int: -1 }, keepdims: { int: 1 } });
      const texts = builder.constant("BYTES", [known.length], known);
      setMatrix(lowering, [into], builder.node("Gather", [texts, place]), "text");
    },
  };
}

/** A class that has no name is a missing value. */
function fromPlaces(
  { column, labels: names, into = column }: Options,
  type: TypeOf<"tensor">,
  { types }: StepContext,
): PreparedStep {
  requireOneARow(type, column);
  const known = names ?? type.labels;
  return {
    types: withTypes(types, { [into]: TEXT }),
    apply(frame) {
      const { tensor } = columnOf(frame, column, "tensor");
      const places = Array.from<number | bigint>(toTypedArray(tensor.datatype, tensor.data));
      const values = places.map((place) => (known ? (known[Number(place)] ?? null) : `${place}`));
      frame.columns.set(into, { kind: "text", values });
    },
    lower(lowering) {
      const { builder } = lowering;
      const places = builder.node("Cast", [asMatrix(lowering, column)], { to: { int: INT64 } });
      const value = known
        ? builder.node(
            "LabelEncoder",
            [places],
            {
              keys_int64s: { ints: [...known.keys()] },
              values_strings: { strings: known },
              default_string: { string: "" },
            },
            "ai.onnx.ml",
          )
        : builder.node("Cast", [places], { to: { int: STRING } });
      setMatrix(lowering, [into], value, "text");
    },
  };
}

function fromTexts(
  { column, labels: names, into = column }: Options,
  type: TypeOf<"tensor">,
  { types }: StepContext,
): PreparedStep {
  requireOneARow(type, column);
  if (names) throw new StepProblem(`column "${column}" holds the names already`, "labels");
  return {
    types: withTypes(types, { [into]: TEXT }),
    apply(frame: Frame) {
      const { data } = columnOf(frame, column, "tensor").tensor;
      if (!isStrings(data)) throw new TypeError(`column "${column}" has no texts`);
      frame.columns.set(into, { kind: "text", values: data });
    },
    lower: (lowering) => setMatrix(lowering, [into], asMatrix(lowering, column), "text"),
  };
}

const TEXT = { kind: "text" } as const;

/** `TensorProto.DataType` of ONNX. */
const INT64 = 7;
const STRING = 8;

/** One element a row as `[N, 1]`. */
function asMatrix(lowering: Lowering, column: string): string {
  const { builder } = lowering;
  const { value } = tensorOf(lowering, column);
  return builder.node("Reshape", [value, builder.constant("INT64", [2], [-1, 1])]);
}

function requireOneARow({ shape }: TypeOf<"tensor">, column: string): void {
  if (shape.length === 0 || (shape.length === 1 && shape[0] === 1)) return;
  throw new StepProblem(
    `column "${column}" has the shape [${shape.join(", ")}] a row, expected one value`,
    "column",
  );
}
