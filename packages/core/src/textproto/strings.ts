import { encodeUtf8 } from "../json/utf8.ts";
import { TextProtoProblem, type Place } from "./problem.ts";

/** The escapes of one letter. */
const LETTERS: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "?": 63,
  "\\": 92,
  "'": 39,
  '"': 34,
};

const ESCAPE =
  /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([^]))/g;

/**
 * The bytes that a literal between its quotes stands for, each as one Latin-1 character: several
 * literals in a row are one string, and only all its bytes together have to be UTF-8.
 *
 * @throws TextProtoProblem for an escape that is none.
 */
export function decodeStringLiteral(literal: string, place: Place): string {
  if (!literal.includes("\\")) return toLatin1(literal);
  let bytes = "";
  let last = 0;
  for (const match of literal.matchAll(ESCAPE)) {
    bytes += toLatin1(literal.slice(last, match.index)) + decodeEscape(match, place);
    last = match.index + match[0].length;
  }
  return bytes + toLatin1(literal.slice(last));
}

function decodeEscape(
  [escape, octal, hexadecimal, short, long, letter]: RegExpMatchArray,
  place: Place,
): string {
  if (octal !== undefined || hexadecimal !== undefined) {
    const byte = octal !== undefined ? parseInt(octal, 8) : parseInt(hexadecimal as string, 16);
    if (byte <= 0xff) return String.fromCharCode(byte);
  }
  const digits = short ?? long;
  if (digits !== undefined) {
    const point = parseInt(digits, 16);
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    if (point <= 0x10ffff && !isSurrogate) return toLatin1(String.fromCodePoint(point));
  }
  const byte = letter === undefined ? undefined : LETTERS[letter];
  if (byte !== undefined) return String.fromCharCode(byte);
  throw new TextProtoProblem(place, `${escape} is no escape of a string`);
}

/** UTF-8, each byte as one character. */
function toLatin1(text: string): string {
  let bytes = "";
  for (const byte of encodeUtf8(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
