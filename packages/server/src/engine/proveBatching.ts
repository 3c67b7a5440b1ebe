import { elementCount } from "@longshore/core";
import { runRows, type MadeRow, type TriedModel } from "./madeRows.ts";
import type { OutputTensor } from "./messages.ts";
import { messageOf } from "./messageOf.ts";

/**
 * Finds out whether rows are independent: run together, they must give what they give alone.
 *
 * @returns the answer, and how it is known, in words.
 */
export async function proveBatching(
  model: TriedModel,
  rows: readonly MadeRow[],
): Promise<{ batchable: boolean; reason: string }> {
  const names = model.signature.outputs.map((output) => output.name);
  let together: readonly OutputTensor[];
  try {
    together = await runRows(model, rows);
  } catch (error) {
    return { batchable: false, reason: `${rows.length} rows together fail: ${messageOf(error)}` };
  }
  for (const [index, output] of together.entries()) {
    if (output.dims[0] !== rows.length) {
      return {
        batchable: false,
        reason: `output "${names[index]}" has ${output.dims[0] ?? "no"} rows for ${rows.length} rows of input`,
      };
    }
  }
  for (const [number, row] of rows.entries()) {
    const alone = await runRows(model, [row]);
    for (const [index, output] of alone.entries()) {
      const whole = together[index]!;
      const width = elementCount(output.dims);
      if (!nearlyEqual(output, whole, number * width, width)) {
        return {
          batchable: false,
          reason: `rows influence each other in output "${names[index]}"`,
        };
      }
    }
  }
  return { batchable: true, reason: `proven: ${rows.length} rows give the same together as alone` };
}

/**
 * Within 1 % of the output's largest magnitude: kernels sum in another order for other batch
 * sizes, and dynamic quantisation scales over the whole batch, while rows that really mix differ
 * by far more.
 */
function nearlyEqual(
  alone: OutputTensor,
  whole: OutputTensor,
  from: number,
  width: number,
): boolean {
  const single = alone.data as unknown as ArrayLike<number | bigint | string>;
  const all = whole.data as unknown as ArrayLike<number | bigint | string>;
  let largest = 0;
  for (let index = 0; index < all.length; index++) {
    if (typeof all[index] === "number")
      largest = Math.max(largest, Math.abs(all[index] as number) || 0);
  }
  for (let index = 0; index < width; index++) {
    const a = single[index]!;
    const b = all[from + index]!;
    if (Object.is(a, b)) continue;
    if (typeof a !== "number" || typeof b !== "number") return false;
    if (!(Math.abs(a - b) <= 0.01 * largest + 1e-6)) return false;
  }
  return true;
}
