import { invalidJson, unexpected } from "./problem.ts";
import { decodeUtf8, sequenceLength } from "./utf8.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** Letters of the two-byte escapes. */
const ESCAPES: ReadonlySet<number> = new Set(
  Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)),
);

/** Bytes that a string holds as they are: ASCII without controls, quote and backslash. */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/**
 * Checks the string whose opening quote is at a position: its UTF-8, its escapes, and that it holds
 * no control character and no half of a surrogate pair.
 *
 * @returns the position behind its closing quote.
 * @throws LongshoreError JSON_INVALID
 */
export function passString(bytes: Uint8Array, start: number): number {
  const end = bytes.length;
  if (bytes[start] !== QUOTE) throw unexpected(bytes, start, "a string in double quotes");
  let position = start + 1;
  for (;;) {
    while (position < end && PLAIN[bytes[position] as number] === 1) position++;
    if (position >= end) throw invalidJson(position, "the document ends inside a string");
    const byte = bytes[position] as number;
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += escapeLength(bytes, position);
    else if (byte < 0x20) {
      throw invalidJson(position, "a control character in a string; write it as an escape");
    } else {
      const length = sequenceLength(bytes, position, end);
      if (length === 0) throw invalidJson(position, "not valid UTF-8");
      position += length;
    }
  }
}

/** The text of a string that was checked, given with its quotes. */
export function decodeString(bytes: Uint8Array, start: number, stop: number): string {
  if (stop - start <= 24) {
    let text = "";
    let position = start + 1;
    while (position < stop - 1 && PLAIN[bytes[position] as number] === 1) {
      text += String.fromCharCode(bytes[position++] as number);
    }
    if (position === stop - 1) return text;
  }
  const content = bytes.subarray(start + 1, stop - 1);
  if (!content.includes(BACKSLASH)) return decodeUtf8(content);
  // The literal has been checked: its escapes are all that is left to do.
  return JSON.parse(decodeUtf8(bytes.subarray(start, stop))) as string;
}

/** Length of the escape at a position: 2, 6, or 12 for a pair of surrogates. */
function escapeLength(bytes: Uint8Array, position: number): number {
  const letter = bytes[position + 1];
  if (letter !== LETTER_U) {
    if (letter !== undefined && ESCAPES.has(letter)) return 2;
    throw invalidJson(position, "an unknown escape in a string");
  }
  const unit = hexadecimal(bytes, position);
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  if (unit <= 0xdbff && bytes[position + 6] === BACKSLASH && bytes[position + 7] === LETTER_U) {
    const low = hexadecimal(bytes, position + 6);
    if (low >= 0xdc00 && low <= 0xdfff) return 12;
  }
  throw invalidJson(position, "half of a surrogate pair in a string");
}

/** The four digits of the `\u` escape at a position. */
function hexadecimal(bytes: Uint8Array, position: number): number {
  let unit = 0;
  for (let at = position + 2; at < position + 6; at++) {
    const byte = bytes[at] ?? 0;
    const letter = (byte | 0x20) - 0x61;
    const digit = (byte ^ 48) <= 9 ? byte ^ 48 : letter >= 0 && letter < 6 ? letter + 10 : -1;
    if (digit < 0) throw invalidJson(position, "four hexadecimal digits must follow \\u");
    unit = unit * 16 + digit;
  }
  return unit;
}
