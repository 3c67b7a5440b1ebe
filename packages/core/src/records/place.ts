import { fail, type LongshoreError } from "../errors.ts";

/** Where a value stands, for messages. */
export interface Place {
  readonly field: string;
  /** ` in row 3`, ` in line 5`; empty where there is one row only. */
  readonly where: string;
}

/** A value of the wrong type. */
export function wrongType(place: Place, expected: string, got: string): LongshoreError {
  return fail("FIELD_TYPE", { field: place.field, where: place.where, expected, got });
}

/** A value of the right type that is not valid. */
export function invalid(place: Place, problem: string): LongshoreError {
  return fail("FIELD_INVALID", { field: place.field, where: place.where, problem });
}
