/** The rules about single fields: `range`, `category`, `missing`. */
import type { ColumnProfile } from "../../profile/index.ts";
import { toTypedArray } from "../../tensor.ts";
import { columnOf, numbersOf } from "../columns.ts";
import type { StepContext } from "../step.ts";
import { quote } from "../tables/fitted.ts";
import { findRows, formatNumber, type Check } from "./check.ts";
import {
  coveredFields,
  substituteOf,
  type Covered,
  type FieldRule,
  type Subject,
} from "./fields.ts";
import type { Rule } from "./rules.ts";

/** @throws StepProblem if a rule does not fit the bundle. */
export function fieldChecks(rules: readonly Rule[], place: number, context: StepContext): Check[] {
  const { rule, action } = rules[place] as FieldRule;
  const fields = { range, category, missing }[rule](rules, place, context);
  if (action === "pass") return [];
  return fields.map(({ covered, find }): Check => {
    const check = { rule, action, field: covered.name, find };
    return action === "default" ? { ...check, substitute: substituteOf(covered, place) } : check;
  });
}

interface FieldCheck {
  readonly covered: Covered<unknown>;
  readonly find: Check["find"];
}

function range(rules: readonly Rule[], place: number, context: StepContext): FieldCheck[] {
  const subject: Subject<readonly [low: number, high: number]> = {
    kinds: ["number", "tensor"],
    lacking: "range",
    standardOf(name, field, type) {
      // Texts have no order; half floats are kept as bit patterns.
      if (type.kind === "tensor" && ["BYTES", "FP16", "BF16"].includes(type.datatype))
        return undefined;
      const declared = "range" in field ? field.range : undefined;
      if (declared) return [declared[0] ?? -Infinity, declared[1] ?? Infinity];
      const numbers = field.type === "number" ? profileOf(context, name)?.numbers : undefined;
      return numbers && numbers.count > 0 ? [numbers.min, numbers.max] : undefined;
    },
  };
  return coveredFields(rules, place, context, subject).map((covered) => {
    const { name, field, type, standard } = covered;
    const [low, high] = standard;
    const unit = "unit" in field && field.unit ? ` ${field.unit}` : "";
    const tell = (value: number): string | undefined =>
      value < low || value > high
        ? `"${name}" is ${formatNumber(value)}, expected ${formatRange(standard)}${unit}`
        : undefined;
    const find: Check["find"] =
      type.kind === "number"
        ? (frame) => {
            const values = numbersOf(frame, name);
            return findRows(frame.rows, (row) => tell(values[row]!));
          }
        : (frame) => {
            const { tensor } = columnOf(frame, name, "tensor");
            const values = toTypedArray(tensor.datatype, tensor.data);
            const width = values.length / frame.rows;
            return findRows(frame.rows, (row) => {
              for (let index = row * width; index < (row + 1) * width; index++) {
                const told = tell(Number(values[index]!));
                if (told !== undefined) return told;
              }
              return undefined;
            });
          };
    return { covered, find };
  });
}

function formatRange([low, high]: readonly [number, number]): string {
  if (low === -Infinity) return `at most ${formatNumber(high)}`;
  if (high === Infinity) return `at least ${formatNumber(low)}`;
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}

function category(rules: readonly Rule[], place: number, context: StepContext): FieldCheck[] {
  const subject: Subject<readonly string[]> = {
    kinds: ["text"],
    lacking: "list of values",
    standardOf(name, field) {
      if (field.type !== "category") return undefined;
      if (field.values) return field.values;
      const seen = profileOf(context, name)?.categories;
      // Other categories than those that are listed were seen, too.
      if (seen === undefined || seen.other > 0) return undefined;
      return Object.keys(seen.counts).filter((value) => seen.counts[value]! > 0);
    },
  };
  return coveredFields(rules, place, context, subject).map((covered) => {
    const { name, standard } = covered;
    const known = new Set(standard);
    const more = standard.length > 8 ? ` and ${standard.length - 8} more` : "";
    const expected = `expected one of ${standard.slice(0, 8).map(quote).join(", ")}${more}`;
    const find: Check["find"] = (frame) => {
      const { values } = columnOf(frame, name, "text");
      return findRows(frame.rows, (row) => {
        const text = values[row];
        return text && !known.has(text) ? `"${name}" is ${quote(text)}, ${expected}` : undefined;
      });
    };
    return { covered, find };
  });
}

function missing(rules: readonly Rule[], place: number, context: StepContext): FieldCheck[] {
  const subject: Subject<true> = {
    kinds: ["number", "text", "bytes"],
    lacking: "value that can be missing",
    standardOf: () => true,
  };
  return coveredFields(rules, place, context, subject).map((covered) => {
    const { name } = covered;
    const message = `"${name}" is missing`;
    const find: Check["find"] = ({ rows, columns }) => {
      const column = columns.get(name);
      const values: ArrayLike<unknown> = !column || column.kind === "tensor" ? [] : column.values;
      return findRows(rows, (row) => {
        const value = values[row];
        return value === null || value === "" || Number.isNaN(value) ? message : undefined;
      });
    };
    return { covered, find };
  });
}

/** What is known of an input from the training data. */
function profileOf({ phase, profile }: StepContext, name: string): ColumnProfile | undefined {
  if (phase === "after" || !profile || !Object.hasOwn(profile.inputs, name)) return undefined;
  return profile.inputs[name];
}
