import { fail, readJson, type JsonValue, type LongshoreError } from "@longshore/core";

/** An object of JSON. */
export type JsonFields = Readonly<Record<string, JsonValue>>;

/**
 * The fields of a body that is an object; none where there is no body.
 *
 * @throws LongshoreError JSON_*, FIELD_TYPE
 */
export function readFields(body: unknown, maxDepth: number): JsonFields {
  if (!(body instanceof Uint8Array) || body.length === 0) return {};
  return requireObject("body", readJson(body, maxDepth));
}

/** @throws LongshoreError FIELD_TYPE */
export function requireObject(field: string, value: JsonValue): JsonFields {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as JsonFields;
  throw wrongKind(field, "an object", value);
}

/** The kind of a value, as messages name it. */
export function nameKind(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The error for a field whose value is of another kind. */
export function wrongKind(field: string, expected: string, value: JsonValue): LongshoreError {
  const got = nameKind(value);
  return fail("FIELD_TYPE", { field, where: "", expected, got });
}
