import { fromBfloat16 } from "../bfloat16.ts";
import type { Datatype } from "../datatype.ts";
import { toTypedArray, type Tensor } from "../tensor.ts";
import { POWERS_OF_TEN } from "./decimal.ts";

/** The elements of a tensor, ready to be written one by one. */
export type Elements =
  | { readonly kind: "bool"; readonly values: ArrayLike<number> }
  | { readonly kind: "integer"; readonly values: ArrayLike<number | bigint> }
  | { readonly kind: "single"; readonly values: ArrayLike<number> }
  | { readonly kind: "double"; readonly values: ArrayLike<number> }
  | { readonly kind: "string"; readonly values: readonly string[] };

/** FP16 and BF16 become the singles that they are equal to. */
export function toElements(tensor: Tensor): Elements {
  const { datatype, data } = tensor;
  if (datatype === "BYTES") return { kind: "string", values: data as readonly string[] };
  const values = toTypedArray(datatype, data);
  if (datatype === "FP16") {
    const halves = new Float16Array(values.buffer as ArrayBuffer, values.byteOffset, values.length);
    return { kind: "single", values: Float32Array.from(halves) };
  }
  if (datatype === "BF16") {
    return { kind: "single", values: Float32Array.from(values as Uint16Array, fromBfloat16) };
  }
  return { kind: KINDS[datatype], values } as Elements;
}

const KINDS: Readonly<Record<Exclude<Datatype, "BYTES" | "FP16" | "BF16">, Elements["kind"]>> = {
  BOOL: "bool",
  UINT8: "integer",
  UINT16: "integer",
  UINT32: "integer",
  UINT64: "integer",
  INT8: "integer",
  INT16: "integer",
  INT32: "integer",
  INT64: "integer",
  FP32: "single",
  FP64: "double",
};

/** Index of the first NaN or infinity, for which JSON has no word; -1 where there is none. */
export function findNonFinite(elements: Elements): number {
  if (elements.kind !== "single" && elements.kind !== "double") return -1;
  const { values } = elements;
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) return index;
  }
  return -1;
}

/**
 * Elements `start` to `end` as JSON values with commas between them: booleans as words, 64-bit
 * integers with all their digits, FP32 in the fewest digits that give the same FP32 again (see
 * {@link singleText}), NaN and infinities as null.
 */
export function writeElements(elements: Elements, start: number, end: number): string {
  if (start === end) return "";
  let text = writeElement(elements, start);
  for (let index = start + 1; index < end; index++) text += "," + writeElement(elements, index);
  return text;
}

/** One element as a JSON value, as in {@link writeElements}. */
export function writeElement(elements: Elements, index: number): string {
  switch (elements.kind) {
    case "single": {
      const value = elements.values[index] as number;
      return Number.isFinite(value) ? singleText(value) : "null";
    }
    case "double": {
      const value = elements.values[index] as number;
      return Number.isFinite(value) ? numberText(value) : "null";
    }
    case "integer":
      return String(elements.values[index]);
    case "bool":
      return elements.values[index] === 0 ? "false" : "true";
    case "string":
      return JSON.stringify(elements.values[index]);
  }
}

/**
 * A single in about the fewest digits that read back, through a double, as the same single:
 * `0.1` rather than `0.10000000149011612`. Six digits are tried first, nine always do. The division
 * gives the double nearest to a decimal of few digits, and that is how the double prints. It costs
 * what printing all digits costs, for half the bytes. Outside 10^-9 … 10^6 all digits are printed.
 */
function singleText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-9 && size < 1e6) {
    let places = 1;
    while (size * (POWERS_OF_TEN[places] as number) < 1e5) places++;
    for (const last = places + 3; places <= last; places++) {
      const power = POWERS_OF_TEN[places] as number;
      const short = Math.round(size * power) / power;
      if (Math.fround(short) === size) return String(value < 0 ? -short : short);
    }
  }
  return numberText(value);
}

/** A finite double; zero keeps its sign. */
function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? "-0" : String(value);
}
