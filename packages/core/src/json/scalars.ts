import { toBytes } from "../tensor.ts";
import { IN_NUMBER, malformedNumber, unexpected } from "./problem.ts";
import { decodeString, passString } from "./string.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Reads the values of a document that hold no others, each at the position reached so far. */
export class ScalarReader {
  /** Offset of the next byte to read. A caller may set it back to the start of a value seen before. */
  position = 0;

  protected readonly bytes: Uint8Array;
  protected readonly end: number;

  constructor(bytes: Uint8Array) {
    // A Node Buffer has a hidden class of its own: one class only keeps the loops over bytes fast.
    this.bytes = toBytes(bytes);
    this.end = bytes.length;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.position;
  }

  readString(): string {
    this.skipSpace();
    const { bytes, position } = this;
    this.position = passString(bytes, position);
    return decodeString(bytes, position, this.position);
  }

  readBoolean(): boolean {
    this.skipSpace();
    if (this.current() === 0x74) {
      this.passWord("true");
      return true;
    }
    this.passWord("false");
    return false;
  }

  readNull(): void {
    this.skipSpace();
    this.passWord("null");
  }

  /** Reads one number to the nearest double; ±Infinity where it is too large for one. */
  readNumber(): number {
    this.skipSpace();
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    let digit = 0;
    while (position < end && (digit = (bytes[position] as number) ^ 48) <= 9) {
      value = value * 10 + digit;
      position++;
    }
    const digits = position - this.position;
    const isWhole = position >= end || IN_NUMBER[bytes[position] as number] === 0;
    const isCanonical = digits === 1 || (digits > 1 && bytes[this.position] !== 48);
    if (!(isWhole && isCanonical && value < 2 ** 53)) return Number(this.readNumberText());
    this.position = position;
    return value;
  }

  /** Reads one number as it is written. */
  readNumberText(): string {
    this.skipSpace();
    const { bytes, end } = this;
    const start = this.position;
    let stop = start;
    while (stop < end && IN_NUMBER[bytes[stop] as number] === 1) stop++;
    if (stop === start) throw unexpected(this.bytes, this.position, "a number");
    const text = decodeUtf8(bytes.subarray(start, stop));
    if (!NUMBER.test(text)) throw malformedNumber(bytes, start);
    this.position = stop;
    return text;
  }

  protected passWord(word: string): void {
    const start = this.position;
    for (let offset = 0; offset < word.length; offset++) {
      if (start + offset >= this.end || this.bytes[start + offset] !== word.charCodeAt(offset)) {
        throw unexpected(this.bytes, this.position, word);
      }
    }
    this.position = start + word.length;
  }

  protected skipSpace(): void {
    const { bytes, end } = this;
    let position = this.position;
    while (position < end && isSpace(bytes[position] as number)) position++;
    this.position = position;
  }

  /** The byte at the position; 0 at the end, which no grammar rule accepts. */
  protected current(): number {
    return this.position < this.end ? (this.bytes[this.position] as number) : 0;
  }
}

/** Grammar of a number: RFC 8259, section 6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** White space of RFC 8259, section 2. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
