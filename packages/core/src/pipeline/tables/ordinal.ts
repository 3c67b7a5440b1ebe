import { z } from "zod";
import { withTypes } from "../columns.ts";
import { matrixOf, setMatrix, type Lowering, type NodeAttribute } from "../lowering.ts";
import { defineStep, type Step } from "../step.ts";
import {
  categoryLists,
  keyOf,
  placesOf,
  requireCategories,
  unknownCategory,
  type CategoryColumn,
} from "./categories.ts";
import { columnNames } from "./fitted.ts";

/** scikit-learn's `OrdinalEncoder`, without its grouping of infrequent categories. */
export const ordinal: Step = defineStep({
  name: "ordinal",
  phase: "before",
  summary: "Replaces categories by their places in a list, counted from 0.",
  options: z.strictObject({
    columns: columnNames.describe("Text or number columns."),
    categories: categoryLists,
    unknown: z
      .number()
      .nullable()
      .optional()
      .describe(
        "`unknown_value`: what a category becomes that training had not, null for a missing value; " +
          "by default it is refused.",
      ),
    missing: z
      .number()
      .nullable()
      .default(null)
      .describe(
        "`encoded_missing_value`: what a missing value becomes where `categories` has null; it stays " +
          "missing by default. If scikit-learn learnt it as None and not as NaN, its place there.",
      ),
  }),
  examples: [
    {
      options: { columns: ["size"], categories: [["S", "M", "L"]], unknown: -1 },
      given: { size: ["M", "L", "XL", null] },
      gives: { size: [1, 2, -1, -1] },
    },
  ],
  prepare({ columns, categories, unknown, missing }, { types }) {
    const encoded = requireCategories(types, columns, categories).map((column): Encoded => {
      const codes = column.categories.map((category, place) =>
        category === null ? (missing ?? Number.NaN) : place,
      );
      return { column, codes, other: unknown ?? Number.NaN };
    });
    return {
      types: withTypes(types, new Map(columns.map((name) => [name, { kind: "number" }]))),
      apply(frame) {
        for (const { column, codes, other } of encoded) {
          const places = placesOf(frame, column);
          if (unknown === undefined && places.includes(-1))
            throw unknownCategory(frame, column, places.indexOf(-1));
          const values = new Float64Array(places.length);
          for (let row = 0; row < places.length; row++) values[row] = codes[places[row]!] ?? other;
          frame.columns.set(column.name, { kind: "number", values });
        }
      },
      // Graphs cannot refuse a row.
      ...(unknown !== undefined && {
        lower(lowering: Lowering) {
          for (const one of encoded) lowerColumn(lowering, one);
        },
      }),
    };
  },
});

interface Encoded {
  readonly column: CategoryColumn;
  /** What each category becomes; NaN for a missing value. */
  readonly codes: readonly number[];
  readonly other: number;
}

function lowerColumn(lowering: Lowering, { column, codes, other }: Encoded): void {
  const { builder } = lowering;
  const { name, kind, categories } = column;
  const matrix = matrixOf(lowering, [name]);
  const keys = categories.map((category) => keyOf(category, kind));
  const encode = (attributes: Record<string, NodeAttribute>): string =>
    builder.node(
      "LabelEncoder",
      [matrix],
      { ...attributes, default_float: { float: other } },
      "ai.onnx.ml",
    );
  if (kind === "text") {
    const encoded = encode({
      keys_strings: { strings: keys.map(String) },
      values_floats: { floats: codes },
    });
    setMatrix(lowering, [name], encoded);
    return;
  }
  // NaN as a key is not found by every runtime.
  const places = keys.flatMap((key, place) => (Number.isNaN(key) ? [] : [place]));
  const encoded = encode({
    keys_floats: { floats: places.map((place) => Number(keys[place])) },
    values_floats: { floats: places.map((place) => codes[place]!) },
  });
  const missing = codes[keys.findIndex(Number.isNaN)] ?? other;
  const value = builder.constant("FP32", [], [missing]);
  const isMissing = builder.node("IsNaN", [matrix]);
  setMatrix(lowering, [name], builder.node("Where", [isMissing, value, encoded]));
}
