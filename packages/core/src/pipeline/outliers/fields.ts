/** Which fields a rule is about. */
import type { InputField, OutputField } from "../../manifest/fields.ts";
import { nearestName } from "../../nearestName.ts";
import { requireType } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { StepProblem, type StepContext } from "../step.ts";
import type { Rule, RuleOf } from "./rules.ts";

export type FieldRule = RuleOf<"range" | "category" | "missing">;
export type Field = InputField | OutputField;

/** What a kind of rule can be about. */
export interface Subject<Standard> {
  /** Kinds of columns. */
  readonly kinds: readonly ColumnType["kind"][];
  /** What a field's values are held against; undefined for a field that it cannot be about. */
  standardOf(name: string, field: Field, type: ColumnType): Standard | undefined;
  /** What such a field lacks: `range`. */
  readonly lacking: string;
}

/** A field that a rule is about, and what its values are held against. */
export interface Covered<Standard> {
  readonly name: string;
  readonly field: Field;
  readonly type: ColumnType;
  readonly standard: Standard;
}

/**
 * The fields that a rule names; else all declared ones that it can be about and that no other rule
 * of its kind names.
 *
 * @throws StepProblem if there is no such field.
 */
export function coveredFields<Standard>(
  rules: readonly Rule[],
  place: number,
  context: StepContext,
  { kinds, standardOf, lacking }: Subject<Standard>,
): Covered<Standard>[] {
  const rule = rules[place] as FieldRule;
  const what = context.phase === "before" ? "input" : "output";
  const declared: Readonly<Record<string, Field>> =
    context.phase === "before" ? context.inputs : context.outputs;
  if (rule.fields !== undefined) {
    return rule.fields.map((name, index) => {
      const option = `rules.${place}.fields.${index}`;
      const field = declaredField(declared, name, what, option);
      const type = requireType(context.types, name, kinds, option);
      const standard = standardOf(name, field, type);
      if (standard === undefined)
        throw new StepProblem(`${what} "${name}" has no ${lacking}`, option);
      return { name, field, type, standard };
    });
  }
  const named = new Set(
    rules.flatMap((other) => (other.rule === rule.rule && other.fields ? other.fields : [])),
  );
  const covered = Object.entries(declared).flatMap(([name, field]): Covered<Standard>[] => {
    const type = context.types.get(name);
    if (type === undefined || !kinds.includes(type.kind) || named.has(name)) return [];
    const standard = standardOf(name, field, type);
    return standard === undefined ? [] : [{ name, field, type, standard }];
  });
  if (covered.length === 0)
    throw new StepProblem(`no ${what} is left that has a ${lacking}`, `rules.${place}`);
  return covered;
}

function declaredField(
  declared: Readonly<Record<string, Field>>,
  name: string,
  what: "input" | "output",
  option: string,
): Field {
  const field = Object.hasOwn(declared, name) ? declared[name] : undefined;
  if (field !== undefined) return field;
  const nearest = nearestName(name, Object.keys(declared));
  const hint = nearest
    ? `did you mean "${nearest}"?`
    : `there are ${Object.keys(declared).join(", ") || "none"}`;
  throw new StepProblem(`there is no ${what} "${name}"; ${hint}`, option);
}

/**
 * What the action `default` puts in place of a field's bad values; a boolean as 1 or 0.
 *
 * @throws StepProblem if the field declares none.
 */
export function substituteOf({ name, field }: Covered<unknown>, place: number): number | string {
  const substitute = "default" in field ? field.default : undefined;
  if (substitute === undefined)
    throw new StepProblem(
      `"${name}" declares no default; give its input one, or choose another action`,
      `rules.${place}.action`,
    );
  return typeof substitute === "boolean" ? Number(substitute) : substitute;
}
