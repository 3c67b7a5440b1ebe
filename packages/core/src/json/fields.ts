import { fail, type LongshoreError } from "../errors.ts";
import type { JsonKind, JsonReader } from "./reader.ts";

/**
 * Checks the kind of a field's value before it is read.
 *
 * @param where the place as messages show it: `""`, or `" in inputs[0]"`.
 * @throws LongshoreError FIELD_TYPE
 */
export function expectKind(
  reader: JsonReader,
  kind: JsonKind,
  field: string,
  where: string,
  expected: string,
): void {
  const got = reader.peek();
  if (got !== kind) throw fail("FIELD_TYPE", { field, where, expected, got: nameKind(got) });
}

/** Reads a parameter that is an integer from 0 to `max`. @throws LongshoreError PARAMETER_INVALID */
export function readUnsigned(
  reader: JsonReader,
  parameter: string,
  where: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const expected = `an integer from 0 to ${max}`;
  expectParameter(reader, "number", parameter, where, expected);
  const value = reader.readNumber();
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw fail("PARAMETER_INVALID", { parameter, where, expected, got: value });
  }
  return value;
}

/** Reads a parameter that is true or false. @throws LongshoreError PARAMETER_INVALID */
export function readFlag(reader: JsonReader, parameter: string, where: string): boolean {
  expectParameter(reader, "boolean", parameter, where, "true or false");
  return reader.readBoolean();
}

/** What a caller is told that reads a parameter which only other servers know what to do with. */
export function unsupported(parameter: string, where: string, instead: string): LongshoreError {
  return fail("PARAMETER_UNSUPPORTED", { parameter, where, instead });
}

function expectParameter(
  reader: JsonReader,
  kind: JsonKind,
  parameter: string,
  where: string,
  expected: string,
): void {
  const got = reader.peek();
  if (got !== kind)
    throw fail("PARAMETER_INVALID", { parameter, where, expected, got: nameKind(got) });
}

function nameKind(kind: JsonKind): string {
  if (kind === "null") return "null";
  return kind === "object" || kind === "array" ? `an ${kind}` : `a ${kind}`;
}
