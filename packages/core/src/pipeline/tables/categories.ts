/** Categories as encoders learn them: a list a column, as `OneHotEncoder.categories_` has them. */
import { z } from "zod";
import { columnOf, requireType } from "../columns.ts";
import type { ColumnTypes, Frame } from "../frame.ts";
import type { LongshoreError } from "../../errors.ts";
import { StepProblem } from "../step.ts";
import { invalidValue, quote, requireOnce, requireOneEach } from "./fitted.ts";

export const categoryLists = z
  .array(z.array(z.union([z.string(), z.number()]).nullable()).min(1))
  .describe(
    "`categories_`, a list a column: texts for text columns, numbers for number columns, null for " +
      "missing values if training had some. A text is missing where it is empty, too.",
  );

/** A category; null stands for a missing value. */
export type Category = string | number | null;

/** A column with its categories, found by their keys (see {@link keyOf}). */
export interface CategoryColumn {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly categories: readonly Category[];
  readonly places: ReadonlyMap<string | number, number>;
}

/**
 * What a category is found by. A missing text is "", a missing number NaN, which a `Map` finds; in a
 * graph both are the same.
 */
export function keyOf(category: Category, kind: "number" | "text"): string | number {
  return category ?? (kind === "text" ? "" : Number.NaN);
}

/** @throws StepProblem if a column or a list does not fit. */
export function requireCategories(
  types: ColumnTypes,
  columns: readonly string[],
  lists: readonly (readonly Category[])[],
): CategoryColumn[] {
  requireOnce(columns, "columns");
  requireOneEach(columns, { categories: lists });
  return columns.map((name, index) => {
    const { kind } = requireType(types, name, ["number", "text"], `columns.${index}`);
    const categories = lists[index]!;
    if (categories.every((category) => category === null))
      throw new StepProblem(`"${name}" has no categories`, `categories.${index}`);
    const places = new Map<string | number, number>();
    for (const [place, category] of categories.entries()) {
      const option = `categories.${index}.${place}`;
      const fits = category === null || (typeof category === "number") === (kind === "number");
      if (!fits) {
        const hint = kind === "text" ? "put it in quotes" : "write it as a number";
        throw new StepProblem(`"${name}" is a ${kind} column, so ${hint}: ${category}`, option);
      }
      const key = keyOf(category, kind);
      if (places.has(key)) throw new StepProblem(`${category} is there twice`, option);
      places.set(key, place);
    }
    return { name, kind, categories, places };
  });
}

/** The place of each row's category among the column's; -1 where it is none of them. */
export function placesOf(frame: Frame, { name, kind, places }: CategoryColumn): Int32Array {
  const { values } = columnOf(frame, name, kind);
  const found = new Int32Array(values.length);
  for (let row = 0; row < found.length; row++) found[row] = places.get(values[row] ?? "") ?? -1;
  return found;
}

/** The error about a row whose category is none that was seen in training. */
export function unknownCategory(
  frame: Frame,
  { name, kind, categories }: CategoryColumn,
  row: number,
): LongshoreError {
  const value = columnOf(frame, name, kind).values[row] ?? "";
  const got =
    value === "" || Number.isNaN(value)
      ? "a missing value"
      : typeof value === "string"
        ? quote(value)
        : String(value);
  const shown = categories.slice(0, 8).map((category) => category ?? "missing");
  const more = categories.length - shown.length;
  const expected = shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return invalidValue(frame, name, row, `${got} is none of the categories ${expected}`);
}
