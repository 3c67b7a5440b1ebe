import type { Column, ColumnOf, ColumnType, ColumnTypes, Frame, TypeOf } from "./frame.ts";
import { nearestName } from "../nearestName.ts";
import { StepProblem } from "./step.ts";

/**
 * The type of a column that a step reads.
 *
 * @param option where the bundle names it: `columns.3`.
 * @throws StepProblem `there is no column "agee"; did you mean "age"?`, or if it is of another kind.
 */
export function requireType<Kind extends ColumnType["kind"]>(
  types: ColumnTypes,
  name: string,
  kind: Kind | readonly Kind[],
  option?: string,
): TypeOf<Kind> {
  const type = types.get(name);
  if (type === undefined) {
    const nearest = nearestName(name, types.keys());
    const hint = nearest
      ? `did you mean "${nearest}"?`
      : `the columns here are ${[...types.keys()].join(", ") || "none"}`;
    throw new StepProblem(`there is no column "${name}"; ${hint}`, option);
  }
  const kinds: readonly string[] = typeof kind === "string" ? [kind] : kind;
  if (!kinds.includes(type.kind)) {
    const expected = kinds.join(" or ");
    throw new StepProblem(`column "${name}" is of kind ${type.kind}, expected ${expected}`, option);
  }
  return type as TypeOf<Kind>;
}

/** As {@link requireType} for each of several columns. */
export function requireTypes<Kind extends ColumnType["kind"]>(
  types: ColumnTypes,
  names: readonly string[],
  kind: Kind | readonly Kind[],
  option: string,
): TypeOf<Kind>[] {
  return names.map((name, index) => requireType(types, name, kind, `${option}.${index}`));
}

/** A column that {@link requireType} has made sure of. */
export function columnOf<Kind extends Column["kind"]>(
  frame: Frame,
  name: string,
  kind: Kind,
): ColumnOf<Kind> {
  const column = frame.columns.get(name);
  if (column?.kind !== kind)
    throw new TypeError(`column "${name}" is ${column?.kind ?? "missing"}, not ${kind}`);
  return column as ColumnOf<Kind>;
}

/** Numbers of a column that {@link requireType} has made sure of; not to be written to. */
export function numbersOf(frame: Frame, name: string): Float64Array {
  return columnOf(frame, name, "number").values;
}

/** Types with some columns added, replaced or (undefined) taken away. */
export function withTypes(
  types: ColumnTypes,
  changes:
    | Readonly<Record<string, ColumnType | undefined>>
    | ReadonlyMap<string, ColumnType | undefined>,
): ColumnTypes {
  const changed = new Map(types);
  const entries = changes instanceof Map ? changes : Object.entries(changes);
  for (const [name, type] of entries) {
    if (type === undefined) changed.delete(name);
    else changed.set(name, type);
  }
  return changed;
}
