import { z } from "zod";
import { withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { matrixOf, setMatrix, type Lowering } from "../lowering.ts";
import { defineStep, type Step } from "../step.ts";
import {
  categoryLists,
  placesOf,
  requireCategories,
  unknownCategory,
  type Category,
  type CategoryColumn,
} from "./categories.ts";
import { columnNames, requireNew } from "./fitted.ts";
import { newNumbers } from "./numbers.ts";

/** scikit-learn's `OneHotEncoder`, without its grouping of infrequent categories. */
export const oneHot: Step = defineStep({
  name: "one-hot",
  phase: "before",
  summary:
    "Replaces a column by one of numbers for each category, `<column>_<category>`: 1 where it is " +
    "that one and else 0.",
  options: z.strictObject({
    columns: columnNames.describe("Text or number columns."),
    categories: categoryLists,
    unknown: z
      .enum(["error", "ignore"])
      .default("error")
      .describe(
        "`handle_unknown`: a category that training had not is refused, or gives zeros everywhere.",
      ),
    drop: z
      .enum(["first", "if_binary"])
      .optional()
      .describe(
        "Leaves out the first category of each column, or of each column that has two; its rows " +
          "have zeros everywhere.",
      ),
  }),
  examples: [
    {
      options: { columns: ["colour"], categories: [["green", "red", null]] },
      given: { colour: ["red", "green", null], size: [1, 2, 3] },
      gives: {
        size: [1, 2, 3],
        colour_green: [0, 1, 0],
        colour_red: [1, 0, 0],
        colour_missing: [0, 0, 1],
      },
    },
    {
      options: { columns: ["class"], categories: [[1, 2, 3]], unknown: "ignore", drop: "first" },
      given: { class: [1, 2, 3, 4] },
      gives: { class_2: [0, 1, 0, 0], class_3: [0, 0, 1, 0] },
    },
  ],
  prepare({ columns, categories, unknown, drop }, { types }) {
    const encoded = requireCategories(types, columns, categories).map((column): Encoded => {
      const drops = drop === "first" || (drop === "if_binary" && column.categories.length === 2);
      const dropped = drops ? 1 : 0;
      const kept = column.categories.slice(dropped);
      return {
        column,
        dropped,
        kept,
        names: kept.map((one) => `${column.name}_${one ?? "missing"}`),
      };
    });
    const added = encoded.flatMap(({ names }) => names);
    requireNew(types, added);
    const changes = new Map<string, ColumnType | undefined>();
    for (const name of columns) changes.set(name, undefined);
    for (const name of added) changes.set(name, { kind: "number" });
    return {
      types: withTypes(types, changes),
      apply(frame) {
        for (const { column, dropped, names } of encoded) {
          const places = placesOf(frame, column);
          if (unknown === "error" && places.includes(-1))
            throw unknownCategory(frame, column, places.indexOf(-1));
          frame.columns.delete(column.name);
          const each = newNumbers(places.length, names.length);
          for (let row = 0; row < places.length; row++) {
            const values = each[places[row]! - dropped];
            if (values !== undefined) values[row] = 1;
          }
          for (const [index, name] of names.entries())
            frame.columns.set(name, { kind: "number", values: each[index]! });
        }
      },
      // Graphs cannot refuse a row.
      ...(unknown === "ignore" && {
        lower(lowering: Lowering) {
          for (const one of encoded) lowerColumn(lowering, one);
        },
      }),
    };
  },
});

interface Encoded {
  readonly column: CategoryColumn;
  /** How many of the first categories have no column. */
  readonly dropped: number;
  readonly kept: readonly Category[];
  /** Of the columns that it becomes. */
  readonly names: readonly string[];
}

function lowerColumn(lowering: Lowering, { column, kept, names }: Encoded): void {
  const { builder, columns } = lowering;
  const matrix = matrixOf(lowering, [column.name]);
  columns.delete(column.name);
  if (names.length === 0) return;
  if (column.kind === "text") {
    const strings = kept.map((category) => String(category ?? ""));
    // [N, 1, categories]; what is none of them gives zeros.
    const encoded = builder.node(
      "OneHotEncoder",
      [matrix],
      { cats_strings: { strings }, zeros: { int: 1 } },
      "ai.onnx.ml",
    );
    const axis = builder.constant("INT64", [1], BigInt64Array.of(1n));
    setMatrix(lowering, names, builder.node("Squeeze", [encoded, axis]));
    return;
  }
  const numbers = kept.map((category) => Number(category ?? Number.NaN));
  let equal = builder.node("Equal", [matrix, builder.constant("FP32", [names.length], numbers)]);
  if (numbers.some(Number.isNaN)) {
    const isMissing = numbers.map((number) => (Number.isNaN(number) ? 1 : 0));
    const place = builder.constant("BOOL", [names.length], Uint8Array.from(isMissing));
    const missing = builder.node("And", [builder.node("IsNaN", [matrix]), place]);
    equal = builder.node("Or", [equal, missing]);
  }
  setMatrix(lowering, names, builder.node("Cast", [equal], { to: { int: 1 } }));
}
