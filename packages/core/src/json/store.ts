import type { Datatype, TypedArray } from "../datatype.ts";
import { toBfloat16 } from "../bfloat16.ts";

/**
 * Puts `values[0, count)` into `target[at, at + count)` in the target's data type.
 *
 * @returns index of the first value that the data type cannot hold, or -1.
 */
export type Store = (target: TypedArray, at: number, values: Float64Array, count: number) => number;

/** How numbers of a document become elements, for each data type that holds numbers. */
export const STORES: Readonly<Record<Exclude<Datatype, "BYTES">, Store>> = {
  BOOL: storeIntegers(0, 1),
  UINT8: storeIntegers(0, 255),
  UINT16: storeIntegers(0, 65_535),
  UINT32: storeIntegers(0, 4_294_967_295),
  UINT64: storeWords(0),
  INT8: storeIntegers(-128, 127),
  INT16: storeIntegers(-32_768, 32_767),
  INT32: storeIntegers(-2_147_483_648, 2_147_483_647),
  INT64: storeWords(Number.MIN_SAFE_INTEGER),
  FP16: storeHalves,
  BF16: storeBfloats,
  FP32: storeSingles,
  FP64: storeDoubles,
};

/**
 * Puts NaN or an infinity into `target[at]`.
 *
 * @returns false where the data type has no such value.
 */
export function storeNonFinite(
  datatype: Datatype,
  target: TypedArray,
  at: number,
  value: number,
): boolean {
  if (datatype === "FP32" || datatype === "FP64") target[at] = value;
  else if (datatype === "BF16") target[at] = toBfloat16(value);
  else if (datatype === "FP16")
    new Float16Array(target.buffer, target.byteOffset, target.length)[at] = value;
  else return false;
  return true;
}

/** Doubles from here on round to infinity as singles. */
const SINGLE_OVERFLOW = 2 ** 128 - 2 ** 103;

function storeIntegers(min: number, max: number): Store {
  return (target, at, values, count) => {
    for (let index = 0; index < count; index++) {
      const value = values[index] as number;
      if (!(value >= min && value <= max && Math.floor(value) === value)) return index;
    }
    target.set((count === values.length ? values : values.subarray(0, count)) as never, at);
    return -1;
  };
}

/** Integers below 2^53 as 64-bit two's complement, word by word: no bigint is made. */
function storeWords(min: number): Store {
  return (target, at, values, count) => {
    const words = new Int32Array(target.buffer, target.byteOffset + at * 8, count * 2);
    for (let index = 0; index < count; index++) {
      const value = values[index] as number;
      if (value < min) return index;
      words[index * 2] = value | 0;
      words[index * 2 + 1] = Math.floor(value / 2 ** 32);
    }
    return -1;
  };
}

function storeSingles(target: TypedArray, at: number, values: Float64Array, count: number): number {
  const singles = target as Float32Array;
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    if (!(value < SINGLE_OVERFLOW && value > -SINGLE_OVERFLOW)) return index;
    singles[at + index] = value;
  }
  return -1;
}

function storeDoubles(target: TypedArray, at: number, values: Float64Array, count: number): number {
  const doubles = target as Float64Array;
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) return index;
    doubles[at + index] = value;
  }
  return -1;
}

function storeHalves(target: TypedArray, at: number, values: Float64Array, count: number): number {
  const halves = new Float16Array(target.buffer, target.byteOffset, target.length);
  for (let index = 0; index < count; index++) {
    halves[at + index] = values[index] as number;
    if (!Number.isFinite(halves[at + index])) return index;
  }
  return -1;
}

function storeBfloats(target: TypedArray, at: number, values: Float64Array, count: number): number {
  const bits = target as Uint16Array;
  for (let index = 0; index < count; index++) {
    const pattern = toBfloat16(values[index] as number);
    if ((pattern & 0x7f80) === 0x7f80) return index;
    bits[at + index] = pattern;
  }
  return -1;
}
