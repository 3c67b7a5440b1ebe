import { toNested, writeNested } from "../json/nested.ts";
import { writeElement, writeElements, type Elements } from "../json/writer.ts";
import type { Column, ColumnOf, ColumnType, ColumnTypes, Frame } from "../pipeline/frame.ts";

/** A column of an answer, ready to be written row by row. */
export interface Cells {
  readonly name: string;
  readonly column: Column;
  readonly type: ColumnType | undefined;
  /** The value of a row as JSON. */
  json(row: number): string;
}

/** The columns of an answer that were asked for, in that order. */
export function toCells(
  { columns }: Frame,
  types: ColumnTypes,
  outputs: readonly string[] | undefined,
): Cells[] {
  return (outputs ?? [...columns.keys()]).map((name) => {
    const column = columns.get(name);
    if (column === undefined) throw new TypeError(`the answer has no column "${name}"`);
    const type = types.get(name);
    return { name, column, type, json: toJson(column, type) };
  });
}

/** Names along the last axis of a column that is a tensor. */
export function labelsOf(type: ColumnType | undefined): readonly string[] | undefined {
  return type?.kind === "tensor" ? type.labels : undefined;
}

function toJson(column: Column, type: ColumnType | undefined): Cells["json"] {
  switch (column.kind) {
    case "number": {
      const elements = toNumbers(column.values);
      return (row) => writeElement(elements, row);
    }
    case "text":
      return (row) => JSON.stringify(column.values[row] ?? null);
    case "json":
      return (row) => JSON.stringify(column.values[row] ?? null);
    case "series":
      return (row) => {
        const values = column.values[row] ?? [];
        return `[${writeElements({ kind: "single", values }, 0, values.length)}]`;
      };
    case "tensor":
      return tensorJson(column, type);
    case "bytes":
      throw new TypeError("files cannot be answered with");
  }
}

/** As nested lists, by label along an axis with labels; the one element of a row is alone. */
function tensorJson({ tensor }: ColumnOf<"tensor">, type: ColumnType | undefined): Cells["json"] {
  const nested = toNested(tensor, labelsOf(type));
  const { shape } = tensor;
  const isAlone = shape.length === 2 && shape[1] === 1 && nested.labels === undefined;
  return isAlone
    ? (row) => writeElement(nested.elements, row)
    : (row) => writeNested(nested, 1, row);
}

/** Numbers that all fit into singles probably were ones: they are written in fewer digits. */
export function toNumbers(values: Float64Array): Elements {
  for (const value of values) {
    if (Math.fround(value) !== value && value === value) return { kind: "double", values };
  }
  return { kind: "single", values };
}
