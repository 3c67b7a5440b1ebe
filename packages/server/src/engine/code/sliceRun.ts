import type { PlacedTensor, Run } from "../messages.ts";

/** A run of each caller's rows alone, out of a run of several callers; its arena stays the same. */
export function runsOfParts({ inputs, parts = [] }: Run): Run[] {
  let first = 0;
  return parts.map((rows) => {
    const from = first;
    first += rows;
    return { inputs: inputs.map((tensor) => sliceRows(tensor, from, rows)), parts: [rows] };
  });
}

/** Rows `first` to `first + count` of a tensor with a first axis of rows. */
function sliceRows(tensor: PlacedTensor, first: number, count: number): PlacedTensor {
  const [rows = 0, ...rest] = tensor.dims;
  const dims = [count, ...rest];
  if ("strings" in tensor) {
    const width = rows === 0 ? 0 : tensor.strings.length / rows;
    return { dims, strings: tensor.strings.slice(first * width, (first + count) * width) };
  }
  const width = rows === 0 ? 0 : tensor.bytes / rows;
  return { dims, offset: tensor.offset + first * width, bytes: count * width };
}
