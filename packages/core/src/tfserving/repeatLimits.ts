import { DATATYPES, type Datatype } from "../datatype.ts";
import type { InputLimits } from "../validate.ts";

/** What inputs may be of which a request brings some elements only, to be repeated. */
export interface RepeatLimits extends InputLimits {
  /**
   * Told of bytes before they are made: a request of a few bytes must not cost more than one that
   * brings all elements might.
   *
   * @throws LongshoreError where there is no room for them.
   */
  readonly hold: (bytes: number) => void;
}

/** What a string costs in an array, apart from its text. */
const POINTER_BYTES = 8;

/** Bytes that elements take which repeat others. */
export function heldBytes(datatype: Datatype, count: number): number {
  return count * (DATATYPES[datatype].size || POINTER_BYTES);
}
