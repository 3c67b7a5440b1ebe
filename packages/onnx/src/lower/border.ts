import type { Dimension, TensorSpec } from "@longshore/core";
import {
  matrixOf,
  type ColumnTypes,
  type LoweredColumn,
  type Lowering,
  type StepConfig,
} from "@longshore/core/pipeline";

/** What crosses between the steps outside a graph and those inside. */
export interface Border {
  /** Inputs or outputs of the graph. */
  readonly specs: readonly TensorSpec[];
  /** What brings columns into that form, outside, or back. */
  readonly steps: readonly StepConfig[];
}

/** Number columns cross as one FP32 matrix, text columns as one of BYTES. */
const MATRICES = [
  { kind: "number", datatype: "FP32", plural: "numbers" },
  { kind: "text", datatype: "BYTES", plural: "texts" },
] as const;

/**
 * The way into a graph: number and text columns become an input each kind, `[N, columns]`; tensors
 * are inputs of their own.
 *
 * @param names the columns that the graph needs, in the order in which it reads them. All other
 *   columns are there too, as values that nothing makes: what reads them is never used.
 * @param direct columns that are inputs by themselves, whether the graph reads them here or not.
 * @param taken names that no matrix may bear.
 * @param rows name or length of the first axis.
 */
export function enter(
  types: ColumnTypes,
  names: readonly string[],
  direct: ReadonlySet<string>,
  taken: ReadonlySet<string>,
  rows: Dimension,
): Border & { readonly columns: Map<string, LoweredColumn> } {
  const columns = separateColumns(types);
  const specs: TensorSpec[] = [];
  const steps: StepConfig[] = [];
  for (const { kind, datatype, plural } of MATRICES) {
    const chosen = names.filter((name) => types.get(name)?.kind === kind);
    if (chosen.length === 0) continue;
    const width = chosen.length;
    const matrix = unusedName(plural, taken);
    specs.push({ name: matrix, datatype, shape: [rows, width] });
    steps.push({
      step: "combine",
      columns: chosen,
      into: matrix,
      ...(kind === "text" && { datatype }),
      ...(chosen.some((name) => direct.has(name)) && { keep: true }),
    });
    chosen.forEach((name, index) => columns.set(name, { kind, matrix, index, width }));
  }
  for (const name of names) {
    const type = types.get(name);
    if (type?.kind !== "tensor") continue;
    const { datatype, shape } = type;
    if (!direct.has(name)) specs.push({ name, datatype, shape: [rows, ...shape] });
    columns.set(name, { kind: "tensor", value: name, datatype, shape });
  }
  return { columns, specs, steps };
}

/** Every column that a graph can have, as a value of its own that is called `column <name>`. */
export function separateColumns(types: ColumnTypes): Map<string, LoweredColumn> {
  const columns = new Map<string, LoweredColumn>();
  for (const [name, type] of types) {
    const value = separateName(name);
    if (type.kind === "number" || type.kind === "text")
      columns.set(name, { kind: type.kind, matrix: value, index: 0, width: 1 });
    if (type.kind === "tensor")
      columns.set(name, { kind: "tensor", value, datatype: type.datatype, shape: type.shape });
  }
  return columns;
}

/** What {@link separateColumns} calls a column's value. */
export function separateName(column: string): string {
  return `column ${column}`;
}

/**
 * The way out of a graph: as {@link enter}, with values beside the names of the outputs.
 *
 * @param names the columns that are needed outside.
 */
export function leave(
  lowering: Lowering,
  names: readonly string[],
  taken: ReadonlySet<string>,
  rows: Dimension,
): Border & { readonly values: readonly string[] } {
  const specs: TensorSpec[] = [];
  const steps: StepConfig[] = [];
  const values: string[] = [];
  for (const name of names) {
    const column = lowering.columns.get(name);
    if (column?.kind !== "tensor") continue;
    specs.push({ name, datatype: column.datatype, shape: [rows, ...column.shape] });
    values.push(column.value);
  }
  for (const { kind, datatype, plural } of MATRICES) {
    const chosen = names.filter((name) => lowering.columns.get(name)?.kind === kind);
    if (chosen.length === 0) continue;
    const name = chosen.length === 1 ? chosen[0]! : unusedName(plural, taken);
    specs.push({ name, datatype, shape: [rows, chosen.length] });
    values.push(matrixOf(lowering, chosen));
    steps.push({ step: "split", column: name, into: chosen });
  }
  return { specs, steps, values };
}

function unusedName(base: string, taken: ReadonlySet<string>): string {
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
  return name;
}
