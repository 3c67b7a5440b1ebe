import { fail, type LongshoreError } from "../errors.ts";

/** Bytes taken together as one number, or as one word to complain about. */
export const IN_NUMBER: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9A-Za-z+.-]/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0,
);

/** The error for a document that breaks the grammar at a byte. */
export function invalidJson(position: number, problem: string): LongshoreError {
  return fail("JSON_INVALID", { position, problem });
}

/** The error for a number or word at a position that is no number of JSON. */
export function malformedNumber(bytes: Uint8Array, position: number): LongshoreError {
  let stop = position;
  while (stop < position + 40 && IN_NUMBER[bytes[stop] as number] === 1) stop++;
  const text = String.fromCharCode(...bytes.subarray(position, stop));
  const problem = /^-?(nan|inf)/i.test(text)
    ? `${text} is not JSON; send the tensor as binary data, or leave such values out`
    : `"${text}" is not a JSON number`;
  return invalidJson(position, problem);
}

/** The error for a byte at a position where something else was expected. */
export function unexpected(bytes: Uint8Array, position: number, expected: string): LongshoreError {
  const byte = bytes[position];
  if (byte === undefined) {
    return invalidJson(position, `the document ends where ${expected} was expected`);
  }
  const character = String.fromCharCode(byte);
  const word = String.fromCharCode(...bytes.subarray(position, position + 3));
  if (/^(nan|inf)/i.test(word)) return malformedNumber(bytes, position);
  const isVisible = byte > 0x20 && byte < 0x7f;
  const got = isVisible ? `"${character}"` : `byte 0x${byte.toString(16).padStart(2, "0")}`;
  return invalidJson(position, `expected ${expected}, got ${got}`);
}
