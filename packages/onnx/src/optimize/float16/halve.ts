import { byteLength, toFloat16 as toHalfBits } from "@longshore/core";
import { tensor } from "../../build.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import type { TensorProto } from "../../proto/types.ts";

/** Half of the step to what would be the next number after 65504: from here on FP16 is infinite. */
const OVERFLOW = 65_520;
/** The least number that has all of FP16's 11 bits. */
const LEAST_NORMAL = 2 ** -14;

/** What rounding to FP16 did to small numbers. */
export interface Losses {
  /** Numbers in all. */
  count: number;
  /** Below {@link LEAST_NORMAL}: they keep fewer bits. */
  subnormal: number;
  /** They became 0. */
  zero: number;
}

/** Losses before anything was rounded. */
export function noLosses(): Losses {
  return { count: 0, subnormal: 0, zero: 0 };
}

/** Why a constant cannot be held in FP16; undefined if it can. Infinite numbers can. */
export function whyNotHalf(constant: TensorProto): string | undefined {
  const elements = tryElements(constant);
  if (elements === undefined) return "its weights are not in the model's file, or of another type";
  let largest = 0;
  for (let index = 0; index < elements.length; index++) {
    const size = Math.abs(elements[index]!);
    if (size > largest && size !== Number.POSITIVE_INFINITY) largest = size;
  }
  return largest >= OVERFLOW ? `holds ${largest}, and FP16 ends at 65504` : undefined;
}

function tryElements(constant: TensorProto): Float32Array | undefined {
  try {
    const elements = elementsOf(constant);
    return elements instanceof Float32Array ? elements : undefined;
  } catch {
    return undefined;
  }
}

/** An FP32 constant in FP16, rounded to nearest. @param losses what it loses is added to. */
export function halve(constant: TensorProto, losses: Losses): TensorProto {
  const elements = elementsOf(constant) as Float32Array;
  const bits = toBits(elements);
  losses.count += elements.length;
  for (let index = 0; index < elements.length; index++) {
    const value = elements[index]!;
    if (value === 0 || Math.abs(value) >= LEAST_NORMAL) continue;
    if ((bits[index]! & 0x7fff) === 0) losses.zero += 1;
    else losses.subnormal += 1;
  }
  return tensor(constant.name ?? "", "FP16", constant.dims, bits);
}

/** Older JavaScript engines have no array of halves, which rounds ten times as fast. */
function toBits(elements: Float32Array): Uint16Array {
  if (typeof Float16Array !== "undefined") {
    return new Uint16Array(new Float16Array(elements).buffer);
  }
  const bits = new Uint16Array(elements.length);
  for (let index = 0; index < bits.length; index++) bits[index] = toHalfBits(elements[index]!);
  return bits;
}

/** What was lost, in words: a line, or none. */
export function describeLosses({ count, subnormal, zero }: Losses): string[] {
  if (subnormal + zero === 0) return [];
  return [`of ${count} constant numbers, ${subnormal} lose bits below 2^-14 and ${zero} become 0`];
}

/** Bytes that holding a constant in FP16 saves. */
export function savedBytes({ dims }: TensorProto): number {
  return byteLength("FP16", dims);
}
