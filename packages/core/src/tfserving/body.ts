import { fail } from "../errors.ts";
import { ElementReader, type ElementDialect } from "../json/elements.ts";
import { expectKind } from "../json/fields.ts";
import { JsonReader } from "../json/reader.ts";
import { tryDecodeUtf8 } from "../json/utf8.ts";
import { decodeBase64 } from "../records/base64.ts";
import type { TensorSpec } from "../signature.ts";
import { checkSignatureName, SIGNATURE_NAME } from "./signatureName.ts";

/** JSON as TensorFlow Serving takes it: `1.0` is no integer, 1 no bool, `{"b64": "…"}` is a string. */
const DIALECT: ElementDialect = { strict: true, readText: readBase64Object };

/** Opens the object that every body is. @throws LongshoreError BODY_EMPTY, FIELD_TYPE. */
export function openBody(body: Uint8Array, maxDepth: number, field: string): JsonReader {
  const expected = `a JSON object with the field "${field}"`;
  if (body.length === 0) throw fail("BODY_EMPTY", { expected });
  const reader = new JsonReader(body, maxDepth, true);
  expectKind(reader, "object", "body", "", expected);
  reader.openObject();
  return reader;
}

/** Reads `signature_name`. @throws LongshoreError FIELD_TYPE, FIELD_INVALID. */
export function readSignatureName(reader: JsonReader): void {
  const field = "signature_name";
  expectKind(reader, "string", field, "", `"${SIGNATURE_NAME}", the one signature of a model`);
  checkSignatureName(reader.readString());
}

/**
 * Starts to read the elements of an input.
 *
 * @param root what messages call the value.
 */
export function startElements(
  reader: JsonReader,
  spec: TensorSpec,
  root: string,
  maxElements: number,
): ElementReader {
  let elements = 1;
  for (const dimension of spec.shape) if (typeof dimension === "number") elements *= dimension;
  // An element takes two bytes at least: a signature alone must not reserve memory.
  const capacity = Math.min(elements, (reader.remaining >> 1) + 1);
  return new ElementReader(spec.name, root, spec.datatype, capacity, maxElements, DIALECT);
}

/** Whether the object that comes next is `{"b64": "…"}` and nothing else, without moving. */
export function isBase64Object(reader: JsonReader): boolean {
  const { position } = reader;
  let members = 0;
  let encoded = false;
  reader.openObject();
  while (reader.nextMember()) {
    encoded = reader.readKey() === "b64" && reader.peek() === "string";
    reader.skipValue();
    members++;
  }
  reader.position = position;
  return encoded && members === 1;
}

/** ONNX's strings are text, so that bytes which are none cannot be given to a model. */
function readBase64Object(reader: JsonReader): { text: string } | { problem: string } {
  if (!isBase64Object(reader)) return { problem: 'an object other than {"b64": "…"}' };
  reader.openObject();
  reader.nextMember();
  reader.readKey();
  const bytes = decodeBase64(reader.readString());
  reader.nextMember();
  if (bytes === undefined) return { problem: "not valid base64" };
  const text = tryDecodeUtf8(bytes);
  return text === undefined ? { problem: "bytes that are not UTF-8 text" } : { text };
}
