import { JsonReader } from "./reader.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * A whole document as plain values, for small bodies (administration routes): `JSON.parse` with the
 * reader's strictness and its errors of the catalogue. `"__proto__"` is a key like any other.
 *
 * @throws LongshoreError JSON_INVALID, JSON_TOO_DEEP, JSON_DUPLICATE.
 */
export function readJson(bytes: Uint8Array, maxDepth: number): JsonValue {
  const reader = new JsonReader(bytes, maxDepth);
  const value = readValue(reader);
  reader.finish();
  return value;
}

function readValue(reader: JsonReader): JsonValue {
  switch (reader.peek()) {
    case "object": {
      const entries: [string, JsonValue][] = [];
      reader.openObject();
      while (reader.nextMember()) entries.push([reader.readKey(), readValue(reader)]);
      return Object.fromEntries(entries);
    }
    case "array": {
      const values: JsonValue[] = [];
      reader.openArray();
      while (reader.nextElement()) values.push(readValue(reader));
      return values;
    }
    case "string":
      return reader.readString();
    case "number":
      return reader.readNumber();
    case "boolean":
      return reader.readBoolean();
    case "null":
      reader.readNull();
      return null;
  }
}
