/**
 * Length in bytes of the well-formed UTF-8 sequence that starts at a position, or 0 where there is
 * none: a stray continuation byte, an overlong form, a surrogate, a code point over U+10FFFF, or a
 * sequence that the end cuts.
 *
 * Source: Unicode 15, table 3-7 "Well-Formed UTF-8 Byte Sequences".
 */
export function sequenceLength(
  bytes: Uint8Array,
  position: number,
  end: number,
): 0 | 1 | 2 | 3 | 4 {
  const first = at(bytes, position, end);
  if (first < 0x80) return 1;
  const second = at(bytes, position + 1, end);
  if (first >= 0xc2 && first <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (!isContinuation(at(bytes, position + 2, end))) return 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80;
    const high = first === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4 && isContinuation(at(bytes, position + 3, end))) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high ? 4 : 0;
  }
  return 0;
}

/** The text of bytes that are known to be well-formed UTF-8. A byte order mark stays part of it. */
export function decodeUtf8(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

/** The text of bytes, or undefined where they are not well-formed UTF-8. */
export function tryDecodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return FATAL_DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}

export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const FATAL_DECODER = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const ENCODER = new TextEncoder();

/** A byte, or 0xff, which appears nowhere in UTF-8, past the end. */
function at(bytes: Uint8Array, position: number, end: number): number {
  return position < end ? (bytes[position] as number) : 0xff;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
