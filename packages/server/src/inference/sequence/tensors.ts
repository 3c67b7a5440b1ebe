import {
  DATATYPES,
  elementCount,
  fail,
  isStrings,
  toBfloat16,
  toFloat16,
  type Datatype,
  type SequencePosition,
  type Tensor,
  type TypedArray,
} from "@longshore/core";
import type { Control, StateSlot } from "./contract.ts";

/** The state that a sequence starts with. */
export function initialState({ input, initial, shape }: StateSlot): Tensor {
  return filled(input.datatype, shape, initial);
}

/**
 * What a control tells of a request.
 *
 * @throws LongshoreError PARAMETER_INVALID for an id that the input cannot hold.
 */
export function controlTensor({ kind, spec }: Control, position: SequencePosition): Tensor {
  const shape = spec.shape.map((axis) => (typeof axis === "number" ? axis : 1));
  if (kind === "corrid") return idTensor(spec.datatype, shape, position.id);
  const value = kind === "ready" || position[kind];
  return filled(spec.datatype, shape, value ? 1 : 0);
}

/** A state that is kept for long must not keep the outputs of a whole batch with it. */
export function detach(tensor: Tensor): Tensor {
  const { data } = tensor;
  if (isStrings(data)) return tensor;
  const typed = data as Uint8Array; // Any typed array: all have the same `slice`.
  return typed.byteLength === typed.buffer.byteLength ? tensor : { ...tensor, data: typed.slice() };
}

function filled(datatype: Datatype, shape: readonly number[], value: number): Tensor {
  const count = elementCount(shape);
  if (datatype === "BYTES") return { datatype, shape, data: Array<string>(count).fill("") };
  const { array, kind } = DATATYPES[datatype];
  const data: TypedArray = new array!(count);
  if (kind === "bigint") (data as BigInt64Array).fill(BigInt(Math.trunc(value)));
  else (data as Float32Array).fill(toElement(datatype, value));
  return { datatype, shape, data };
}

/** FP16 and BF16 are held as their bits. */
function toElement(datatype: Datatype, value: number): number {
  if (datatype === "FP16") return toFloat16(value);
  return datatype === "BF16" ? toBfloat16(value) : value;
}

function idTensor(datatype: Datatype, shape: readonly number[], id: bigint | string): Tensor {
  const count = elementCount(shape);
  if (datatype === "BYTES") return { datatype, shape, data: Array<string>(count).fill(`${id}`) };
  const { min, max, array, kind } = DATATYPES[datatype];
  if (typeof id === "string" || id < BigInt(min!) || id > BigInt(max!)) {
    throw fail("PARAMETER_INVALID", {
      parameter: "sequence_id",
      where: "",
      expected: `an integer from 0 to ${max}, as the model takes it`,
      got: typeof id === "string" ? `"${id}"` : `${id}`,
    });
  }
  const data: TypedArray = new array!(count);
  if (kind === "bigint") (data as BigUint64Array).fill(id);
  else (data as Int32Array).fill(Number(id));
  return { datatype, shape, data };
}
