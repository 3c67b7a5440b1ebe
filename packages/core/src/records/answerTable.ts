import { toElements, writeElement } from "../json/writer.ts";
import type { RecordAnswer } from "./answer.ts";
import { labelsOf, toCells, toNumbers, type Cells } from "./cells.ts";

/** Names of columns, and the texts of each row under them. */
export interface AnswerTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * An answer as a table of texts, for CSV. A tensor takes a column for each of its elements:
 * `p.benign` by label, else `p.0`. A missing value is an empty text. Where there are flags, a last
 * column `flags` has their messages.
 */
export function toAnswerTable({ frame, types, outputs, flags }: RecordAnswer): AnswerTable {
  const columns = toCells(frame, types, outputs).flatMap(toTextColumns);
  const byRow = Map.groupBy(flags, ({ row }) => row);
  if (flags.length > 0) {
    const text = (row: number): string =>
      (byRow.get(row) ?? []).map(({ message }) => message).join("; ");
    columns.push({ name: "flags", text });
  }
  const rows = Array.from({ length: frame.rows }, (_, row) => columns.map(({ text }) => text(row)));
  return { header: columns.map(({ name }) => name), rows };
}

interface TextColumn {
  readonly name: string;
  text(row: number): string;
}

function toTextColumns({ name, column, type, json }: Cells): TextColumn[] {
  switch (column.kind) {
    case "number": {
      const elements = toNumbers(column.values);
      return [{ name, text: (row) => orEmpty(writeElement(elements, row)) }];
    }
    case "text":
      return [{ name, text: (row) => column.values[row] ?? "" }];
    case "tensor": {
      const { tensor } = column;
      const width = tensor.shape.slice(1).reduce((product, length) => product * length, 1);
      const labels = tensor.shape.length === 2 ? labelsOf(type) : undefined;
      const elements = toElements(tensor);
      const text = (index: number): string =>
        elements.kind === "string"
          ? (elements.values[index] ?? "")
          : orEmpty(writeElement(elements, index));
      if (width === 1 && labels === undefined) return [{ name, text }];
      return Array.from({ length: width }, (_, place) => ({
        name: `${name}.${labels?.[place] ?? place}`,
        text: (row: number) => text(row * width + place),
      }));
    }
    default:
      return [{ name, text: json }];
  }
}

function orEmpty(text: string): string {
  return text === "null" ? "" : text;
}
