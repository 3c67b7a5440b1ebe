/** What the steps of tables share: checks of options, and errors about a caller's values. */
import { z } from "zod";
import { fail, type LongshoreError } from "../../errors.ts";
import { requireTypes } from "../columns.ts";
import type { ColumnType, ColumnTypes, Frame } from "../frame.ts";
import { StepProblem } from "../step.ts";

/** Schema of the names of columns that a step reads. */
export const columnNames = z.array(z.string().min(1)).min(1);

/** For steps that pass columns on as they are. */
export const ANY_KIND: readonly ColumnType["kind"][] = [
  "number",
  "text",
  "bytes",
  "series",
  "tensor",
  "json",
];

/** @throws StepProblem if they are not all number columns, each named once. */
export function requireNumbers(types: ColumnTypes, columns: readonly string[]): void {
  requireTypes(types, columns, "number", "columns");
  requireOnce(columns, "columns");
}

/** @throws StepProblem if a name is there twice: a step would do its work twice. */
export function requireOnce(names: readonly string[], option: string): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) throw new StepProblem(`"${name}" is named twice`, `${option}.${index}`);
    seen.add(name);
  }
}

/** @throws StepProblem if a list of fitted values, by its option, has not one value a column. */
export function requireOneEach(
  columns: readonly string[],
  lists: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [option, { length }] of Object.entries(lists))
    if (length !== columns.length)
      throw new StepProblem(`${length} values for ${columns.length} columns`, option);
}

/**
 * Makes sure that columns that a step adds hide no others.
 *
 * @throws StepProblem
 */
export function requireNew(
  types: ColumnTypes,
  added: readonly string[],
  replaced: readonly string[] = [],
): void {
  const taken = new Set(types.keys());
  for (const name of replaced) taken.delete(name);
  for (const name of added) {
    if (taken.has(name))
      throw new StepProblem(`would make the column "${name}", but there is one already; rename it`);
    taken.add(name);
  }
}

/** An error about one value that a caller sent. */
export function invalidValue(
  { rows }: Frame,
  field: string,
  row: number,
  problem: string,
): LongshoreError {
  return fail("FIELD_INVALID", { field, where: rows > 1 ? ` in row ${row}` : "", problem });
}

/** Text as messages show it: quoted, not longer than a few words. */
export function quote(text: string): string {
  return `"${text.length <= 40 ? text : `${text.slice(0, 39)}…`}"`;
}
