import { toBytes } from "@longshore/core";
import { elementsOf } from "../../graph/tensorData.ts";
import type { TensorProto } from "../../proto/types.ts";

/** A constant with some positions of an axis only, in the order given. */
export function takeAlong(
  tensor: TensorProto,
  axis: number,
  positions: readonly number[],
): TensorProto {
  const elements = elementsOf(tensor);
  const bytes = toBytes(elements);
  const length = tensor.dims[axis]!;
  const inner = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const row = inner * elements.BYTES_PER_ELEMENT;
  const outer = bytes.byteLength / (length * row);
  const taken = new Uint8Array(outer * positions.length * row);
  let to = 0;
  for (let from = 0; from < outer; from++)
    for (const position of positions) {
      const start = (from * length + position) * row;
      taken.set(bytes.subarray(start, start + row), to);
      to += row;
    }
  const dims = tensor.dims.with(axis, positions.length);
  return { name: tensor.name ?? "", dims, dataType: tensor.dataType, rawData: taken };
}
