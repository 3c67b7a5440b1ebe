import type { Signature, TensorSpec } from "@longshore/core";
import type { DataColumn } from "./columns.ts";
import type { InputDraft, StepDraft } from "./draft.ts";
import { isInteger, toField, toPlainField } from "./fields.ts";

/** What `combine` makes. */
const COMBINED = ["FP32", "FP64", "INT32", "INT64", "BYTES"];

/** Whether a model takes rows of a table: inputs of one value a row, or one of a row of values. */
export function takesTable({ inputs }: Signature): boolean {
  return inputs.length > 0 && (inputs.every(isSingle) || isMatrix(inputs));
}

function isSingle({ shape, datatype }: TensorSpec): boolean {
  const fits = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  return fits && datatype !== "FP16" && datatype !== "BF16";
}

function isMatrix(inputs: readonly TensorSpec[]): boolean {
  const [only, ...others] = inputs;
  return only?.shape.length === 2 && typeof only.shape[1] === "number" && others.length === 0;
}

/** Whether a model takes just these columns of data: by their names, or encoded by their number. */
export function takesColumns({ inputs }: Signature, columns: readonly DataColumn[]): boolean {
  const [first, ...others] = inputs;
  if (others.length > 0 || first === undefined)
    return (
      columns.length === inputs.length &&
      inputs.every((input) => columns.some(({ name }) => name === input.name))
    );
  return planEncoding(columns, Number(first.shape[1] ?? 1)) !== undefined;
}

/**
 * The part before a model that takes a table.
 *
 * @param columns of the training data without the target; undefined where there are no data.
 */
export function fromTable(
  { inputs }: Signature,
  columns: readonly DataColumn[] | undefined,
): InputDraft {
  if (
    inputs.every(isSingle) &&
    (inputs.length > 1 || columns === undefined || columns.length === 1)
  )
    return eachItsOwn(inputs, columns);
  const [input] = inputs as [TensorSpec];
  const width = input.shape[1] ?? 1;
  if (columns === undefined) return asTensor(input, "`--data` names its columns.");
  if (!COMBINED.includes(input.datatype))
    return asTensor(input, `No step makes ${input.datatype} of columns.`);
  const plan = planEncoding(columns, Number(width));
  if (plan === undefined)
    return asTensor(
      input,
      `The data have other columns (${columns.map(({ name }) => name).join(", ")}) than the ${width} numbers that the model takes: say with fields and steps how these are made of them.`,
    );
  const imputed = impute(columns);
  return {
    inputs: columns.map(toField),
    before: [
      ...imputed,
      ...plan.steps,
      { step: "combine", options: combineOptions(plan.columns, input), comment: plan.comment },
    ],
    remarks: [
      "Scaling is not proposed: whether the model scales by itself cannot be told from outside. If training scaled beside the model, add the step with the fitted values, such as `standardize`.",
    ],
  };
}

function combineOptions(columns: readonly string[], input: TensorSpec): StepDraft["options"] {
  const { name: into, datatype } = input;
  return { columns, into, ...(datatype !== "FP32" && { datatype }) };
}

/** Inputs of one value a row: each is a field, which the model takes as it is. */
function eachItsOwn(
  inputs: readonly TensorSpec[],
  columns: readonly DataColumn[] | undefined,
): InputDraft {
  const known = new Map(columns?.map((column) => [column.name, column]));
  const fields = inputs.map(({ name, datatype }) => {
    const plain = toPlainField(name, datatype);
    const column = known.get(name);
    if (column === undefined) return plain;
    const drafted = toField(column);
    const [is, isPlain] = [drafted.field["type"], plain.field["type"]];
    if (is === isPlain) return { name, field: { ...plain.field, ...drafted.field } };
    // The model knows better what it takes than a file of texts.
    return is === "text" && isPlain === "category" ? drafted : plain;
  });
  const unknown = columns?.filter(({ name }) => !inputs.some((input) => input.name === name)) ?? [];
  const numbers = inputs.flatMap(({ name, datatype }) =>
    isInteger(datatype) || datatype === "BYTES" || datatype === "BOOL"
      ? []
      : (known.get(name) ?? []),
  );
  return {
    inputs: fields,
    before: impute(numbers.filter(({ kind }) => kind === "number")),
    remarks:
      unknown.length === 0
        ? []
        : [
            `The model takes no ${unknown.map(({ name }) => name).join(", ")}, which the data have.`,
          ],
  };
}

function asTensor({ name, datatype, shape }: TensorSpec, remark: string): InputDraft {
  return {
    inputs: [{ name, field: { type: "tensor", datatype, shape: shape.slice(1) }, comment: remark }],
    before: [],
    remarks: [],
  };
}

interface Encoding {
  readonly steps: readonly StepDraft[];
  /** What is combined, in order. */
  readonly columns: readonly string[];
  readonly comment: string;
}

const CHECK_ORDER = "Check that training had the columns in this order.";

/** How columns become so many numbers; undefined where they do not. */
function planEncoding(columns: readonly DataColumn[], width: number): Encoding | undefined {
  const names = columns.map(({ name }) => name);
  const numbers = columns.filter(({ kind }) => kind === "number" || kind === "boolean");
  const categories = columns.filter((column) => column.kind === "category");
  if (numbers.length + categories.length < columns.length) return undefined;
  if (categories.length === 0)
    return width === columns.length
      ? { steps: [], columns: names, comment: CHECK_ORDER }
      : undefined;
  const options = {
    columns: categories.map(({ name }) => name),
    categories: categories.map((column) => column.categories),
  };
  const comment =
    "Check against `categories_` of training; these are sorted, as scikit-learn does.";
  if (width === columns.length)
    return {
      steps: [{ step: "ordinal", options, comment }],
      columns: names,
      comment: CHECK_ORDER,
    };
  const ones = categories.reduce((sum, column) => sum + column.categories!.length, 0);
  if (width !== numbers.length + ones) return undefined;
  return {
    steps: [{ step: "one-hot", options: { ...options, unknown: "ignore" }, comment }],
    columns: [
      ...numbers.map(({ name }) => name),
      ...categories.flatMap((column) => madeColumns(column, columns)),
    ],
    comment: CHECK_ORDER,
  };
}

/** What `one-hot` makes of a column: a pattern, where that takes no other column for it. */
function madeColumns(column: DataColumn, columns: readonly DataColumn[]): string[] {
  const prefix = `${column.name}_`;
  if (!columns.some(({ name }) => name.startsWith(prefix))) return [`${prefix}*`];
  return column.categories!.map((category) => prefix + category);
}

/** Values in the place of missing ones, as far as the data have missing ones. */
function impute(columns: readonly DataColumn[]): StepDraft[] {
  const lacking = columns.filter(
    ({ kind, missing, median, mode }) =>
      missing > 0 && (kind === "number" ? median : mode) !== undefined,
  );
  if (lacking.length === 0) return [];
  return [
    {
      step: "impute",
      options: {
        columns: lacking.map(({ name }) => name),
        values: lacking.map(({ median, mode }) => median ?? mode),
      },
      comment:
        "Medians and most frequent values of these very data. Put `SimpleImputer.statistics_` of training here, or remove the step if the model takes missing values (NaN).",
    },
  ];
}
