import { toBytes } from "../tensor.ts";
import { POWERS_OF_TEN } from "./decimal.ts";
import { IN_NUMBER, malformedNumber, unexpected } from "./problem.ts";
import { decodeString, passString } from "./string.ts";
import { decodeUtf8 } from "./utf8.ts";

const MINUS = 0x2d;
const POINT = 0x2e;

/** Reads the values of a document that hold no others, each at the position reached so far. */
export class ScalarReader {
  /** Offset of the next byte to read. A caller may set it back to the start of a value seen before. */
  position = 0;

  protected readonly bytes: Uint8Array;
  protected readonly end: number;
  /** Whether NaN, Infinity and -Infinity are numbers: no JSON, but some protocols have it so. */
  protected readonly nonFinite: boolean;

  constructor(bytes: Uint8Array, nonFinite = false) {
    // A Node Buffer has a hidden class of its own: one class only keeps the loops over bytes fast.
    this.bytes = toBytes(bytes);
    this.end = bytes.length;
    this.nonFinite = nonFinite;
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
    const negative = this.current() === MINUS;
    const first = negative ? this.position + 1 : this.position;
    let position = first;
    let mantissa = 0;
    let digit = 0;
    while (position < end && (digit = (bytes[position] as number) ^ 48) <= 9) {
      mantissa = mantissa * 10 + digit;
      position++;
    }
    const whole = position - first;
    let places = 0;
    if (position < end && bytes[position] === POINT) {
      const point = ++position;
      while (position < end && (digit = (bytes[position] as number) ^ 48) <= 9) {
        mantissa = mantissa * 10 + digit;
        position++;
      }
      places = position - point;
      if (places === 0) return Number(this.readNumberText());
    }
    const isWhole = position >= end || IN_NUMBER[bytes[position] as number] === 0;
    const isCanonical = whole === 1 || (whole > 1 && bytes[first] !== 48);
    // One operation on two exact doubles rounds correctly.
    if (!(isWhole && isCanonical && mantissa < 2 ** 53 && places <= 22))
      return Number(this.readNumberText());
    this.position = position;
    const value = places === 0 ? mantissa : mantissa / (POWERS_OF_TEN[places] as number);
    return negative ? -value : value;
  }

  /** Whether the number that comes next is NaN or an infinity, by its first letter. */
  atWord(): boolean {
    if (!this.nonFinite) return false;
    this.skipSpace();
    const first = this.current() === MINUS ? this.bytes[this.position + 1] : this.current();
    return first === 0x4e || first === 0x49;
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
    if (!NUMBER.test(text) && !(this.nonFinite && NON_FINITE.test(text)))
      throw malformedNumber(bytes, start);
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

/** The words that `Number` reads too. */
const NON_FINITE = /^(?:NaN|-?Infinity)$/;

/** White space of RFC 8259, section 2. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
