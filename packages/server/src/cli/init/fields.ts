import type { Datatype } from "@longshore/core";
import { roundRange, type DataColumn } from "./columns.ts";
import type { FieldDraft } from "./draft.ts";

const INTEGERS: readonly Datatype[] = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
];

export function isInteger(datatype: Datatype): boolean {
  return INTEGERS.includes(datatype);
}

/** The field that a column of training data becomes. */
export function toField(column: DataColumn): FieldDraft {
  const { name, kind, missing, example } = column;
  const optional = missing > 0 ? { optional: true } : {};
  switch (kind) {
    case "number": {
      const [low, high] = column.range ?? [0, 0];
      // A column that never changes tells no range.
      const range = low < high ? { range: roundRange([low, high]) } : {};
      return { name, field: { type: kind, ...optional, ...range, ...toExample(Number(example)) } };
    }
    case "boolean":
      return {
        name,
        field: { type: kind, ...optional, ...toExample(example?.toLowerCase() === "true") },
      };
    case "category":
      return {
        name,
        field: { type: kind, ...optional, values: column.categories, ...toExample(example) },
      };
    case "text":
    case "date":
      return { name, field: { type: kind, ...optional, ...toExample(example) } };
  }
}

function toExample(example: unknown): object {
  return example === undefined || Number.isNaN(example) ? {} : { example };
}

/** The field that a model's input becomes where nothing is known but its data type. */
export function toPlainField(name: string, datatype: Datatype): FieldDraft {
  if (datatype === "BYTES") return { name, field: { type: "category" } };
  if (datatype === "BOOL") return { name, field: { type: "boolean" } };
  return { name, field: { type: "number", ...(isInteger(datatype) && { integer: true }) } };
}
