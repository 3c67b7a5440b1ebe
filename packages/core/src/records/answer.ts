import type { ColumnTypes, Frame } from "../pipeline/frame.ts";
import type { Flag } from "../pipeline/notes.ts";
import { openAnswer, type PredictForm } from "../predict/index.ts";
import { toCells, type Cells } from "./cells.ts";

/** What a call in a bundle's terms is answered with. */
export interface RecordAnswer {
  readonly id?: string;
  readonly model: string;
  readonly version: string;
  /** The columns of the answer. */
  readonly frame: Frame;
  readonly types: ColumnTypes;
  /** Columns that are wanted, in this order; absent: all. */
  readonly outputs?: readonly string[];
  readonly flags: readonly Flag[];
}

/**
 * Encodes an answer as JSON, in the form of the request: `outputs` is an object for one row, a list
 * of objects for rows, an object of lists for columns. What is to be known of some rows follows as
 * `flags`.
 *
 * NaN and the infinities are `null`; tensors are nested lists, and objects along an axis with labels.
 */
export function encodeRecords(answer: RecordAnswer, form: PredictForm): string {
  const { frame, types, outputs, flags } = answer;
  const cells = toCells(frame, types, outputs);
  const text = encodeOutputs(cells, frame.rows, form);
  const end = flags.length > 0 ? `,"flags":${JSON.stringify(flags)}}` : "}";
  return `${openAnswer(answer)}"outputs":${text}${end}`;
}

/** As JSON Lines: `{"outputs":{…}}` a row, and its `flags` where there are some. */
export function encodeRecordLines({ frame, types, outputs, flags }: RecordAnswer): string {
  const cells = toCells(frame, types, outputs);
  const keys = keysOf(cells);
  const byRow = Map.groupBy(flags, ({ row }) => row);
  let text = "";
  for (let row = 0; row < frame.rows; row++) {
    const own = byRow.get(row);
    const end = own === undefined ? "}" : `,"flags":${JSON.stringify(own)}}`;
    text += `{"outputs":${encodeRow(cells, keys, row)}${end}\n`;
  }
  return text;
}

function encodeOutputs(cells: readonly Cells[], rows: number, form: PredictForm): string {
  const keys = keysOf(cells);
  switch (form.kind) {
    case "row":
      return encodeRow(cells, keys, 0);
    case "rows": {
      const texts: string[] = [];
      for (let row = 0; row < rows; row++) texts.push(encodeRow(cells, keys, row));
      return `[${texts.join(",")}]`;
    }
    case "columns": {
      const columns = cells.map(({ json }, index) => {
        const values: string[] = [];
        for (let row = 0; row < rows; row++) values.push(json(row));
        return `${keys[index]}[${values.join(",")}]`;
      });
      return `{${columns.join(",")}}`;
    }
  }
}

/** `"label":` of each column. */
function keysOf(cells: readonly Cells[]): string[] {
  return cells.map(({ name }) => `${JSON.stringify(name)}:`);
}

function encodeRow(cells: readonly Cells[], keys: readonly string[], row: number): string {
  return `{${cells.map(({ json }, index) => keys[index] + json(row)).join(",")}}`;
}
