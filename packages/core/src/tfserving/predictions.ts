import { fail } from "../errors.ts";
import type { Tensors } from "../tensor.ts";
import { toWritten, writePart } from "./elements.ts";
import type { PredictFormat } from "./predict.ts";

/**
 * Encodes the answer to a `:predict` call, without white space:
 *
 * - to rows, `{"predictions": […]}`: one value a row, or one object of them by output name;
 * - to columns, `{"outputs": …}`: the whole output, or an object of them by name.
 *
 * A model with one output answers without its name.
 *
 * @throws LongshoreError NOT_ACCEPTED where outputs cannot be told row by row.
 */
export function encodePredictions(outputs: Tensors, format: PredictFormat): string {
  const columns = [...outputs].map(([name, tensor]) => ({
    name,
    key: `${JSON.stringify(name)}:`,
    ...toWritten(name, tensor),
  }));
  const [only] = columns;
  const isAlone = only !== undefined && columns.length === 1;
  if (format === "columnar") {
    if (isAlone) return `{"outputs":${writePart(only, 0, 0)}}`;
    return `{"outputs":{${columns.map((column) => column.key + writePart(column, 0, 0)).join(",")}}}`;
  }
  const count = countRows(outputs);
  const rows: string[] = [];
  for (let row = 0; row < count; row++) {
    if (isAlone) rows.push(writePart(only, 1, row));
    else
      rows.push(`{${columns.map((column) => column.key + writePart(column, 1, row)).join(",")}}`);
  }
  return `{"predictions":[${rows.join(",")}]}`;
}

/** How many rows all outputs have. @throws LongshoreError NOT_ACCEPTED where they differ. */
function countRows(outputs: Tensors): number {
  let count: number | undefined;
  for (const [name, { shape }] of outputs) {
    const [rows] = shape;
    if (rows !== undefined && rows === (count ??= rows)) continue;
    const reason =
      rows === undefined ? "has no rows" : `has an inconsistent batch size: ${rows}, not ${count}`;
    const problem = `output "${name}" ${reason}; send whole tensors under "inputs" instead of "instances"`;
    throw fail("NOT_ACCEPTED", { problem });
  }
  return count ?? 0;
}
