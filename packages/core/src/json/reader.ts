import { fail } from "../errors.ts";
import { POWERS_OF_TEN, toNearestDouble } from "./decimal.ts";
import { findName, NO_NAMES, type NameTable } from "./nameTable.ts";
import { IN_NUMBER, invalidJson, malformedNumber, unexpected } from "./problem.ts";
import { isSpace, ScalarReader } from "./scalars.ts";
import { passString, PLAIN } from "./string.ts";

const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COMMA = 0x2c;
const POINT = 0x2e;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Keys are remembered to find repeated ones: a hostile object must not fill the heap with them. */
const MAX_UNKNOWN_KEYS = 10_000;

/**
 * What {@link JsonReader.readNumbers} must be exact in: `double`, the nearest double; `single`, any
 * double that rounds to the same single-precision number as the nearest does; `integer`, plain
 * integers below 2^53 only, all other numbers being left to the caller.
 */
export type Precision = "double" | "single" | "integer";

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/**
 * Reads one JSON document (RFC 8259) from UTF-8 bytes, in the order in which it is written, under
 * the caller's direction: the caller says what it expects next, and numbers go straight into its
 * arrays. No part of the document becomes an object of the heap unless the caller asks for it.
 *
 * One pass finds everything that is wrong with a document: its grammar, invalid UTF-8, lone
 * surrogates in escapes, duplicate keys, and nesting over the limit.
 *
 * ```ts
 * reader.openObject();
 * while (reader.nextMember()) {
 *   const key = reader.readKey(KEYS);
 *   if (key === "id") id = reader.readString();
 *   else reader.skipValue();
 * }
 * reader.finish();
 * ```
 *
 * Every method throws JSON_INVALID, JSON_TOO_DEEP or JSON_DUPLICATE, with the position in bytes.
 */
export class JsonReader extends ScalarReader {
  /** After {@link readNumbers}: whether the array goes on, with its next value at `position`. */
  open = false;

  private readonly maxDepth: number;
  private depth = 0;
  /** Whether the container that was opened last has had no entry yet. */
  private fresh = false;
  /** By depth: which keys the object there has had, as a bit for each of the first names of a table… */
  private readonly seenNames: number[] = [];
  /** …and as strings for all others. */
  private readonly seenOthers: (Set<string> | undefined)[] = [];
  private nameIndex = -1;

  /** @param nonFinite whether NaN, Infinity and -Infinity are numbers. */
  constructor(bytes: Uint8Array, maxDepth: number, nonFinite = false) {
    super(bytes, nonFinite);
    this.maxDepth = maxDepth;
  }

  /** What kind of value comes next, judged by its first byte. */
  peek(): JsonKind {
    this.skipSpace();
    const byte = this.current();
    if (byte === OPEN_OBJECT) return "object";
    if (byte === OPEN_ARRAY) return "array";
    if (byte === QUOTE) return "string";
    if (byte === 0x74 || byte === 0x66) return "boolean";
    if (byte === 0x6e) return "null";
    if (byte === MINUS || (byte ^ 48) <= 9) return "number";
    if (this.nonFinite && (byte === 0x4e || byte === 0x49)) return "number";
    throw unexpected(this.bytes, this.position, "a value");
  }

  /** What the array that comes next begins with, without moving; undefined where it is empty. */
  peekElement(): JsonKind | undefined {
    this.skipSpace();
    const { position } = this;
    if (this.current() !== OPEN_ARRAY) throw unexpected(this.bytes, this.position, '"["');
    this.position++;
    this.skipSpace();
    const kind = this.current() === CLOSE_ARRAY ? undefined : this.peek();
    this.position = position;
    return kind;
  }

  /** How many arrays the value that comes next begins with, without moving: 2 for `[[1], [2]]`. */
  peekDepth(): number {
    const { position } = this;
    let depth = 0;
    this.skipSpace();
    while (this.current() === OPEN_ARRAY && depth <= this.maxDepth) {
      depth++;
      this.position++;
      this.skipSpace();
    }
    this.position = position;
    return depth;
  }

  /** Whether nothing but white space is left. */
  atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.end;
  }

  openObject(): void {
    this.openContainer(OPEN_OBJECT, '"{"');
    this.seenNames[this.depth] = 0;
    this.seenOthers[this.depth] = undefined;
  }

  openArray(): void {
    this.openContainer(OPEN_ARRAY, '"["');
  }

  /** Moves to the next key of the open object; false where the object ends, which closes it. */
  nextMember(): boolean {
    return this.nextEntry(CLOSE_OBJECT, '"," or "}"');
  }

  /** Moves to the next value of the open array; false where the array ends, which closes it. */
  nextElement(): boolean {
    return this.nextEntry(CLOSE_ARRAY, '"," or "]"');
  }

  /** Reads a key and its colon. A key that is in the table costs no new string. */
  readKey(table: NameTable = NO_NAMES): string {
    const start = this.position;
    if (this.current() !== QUOTE)
      throw unexpected(this.bytes, this.position, "a key in double quotes");
    const key = this.readName(table);
    const index = this.nameIndex;
    let repeated: boolean;
    if (index >= 0 && index < 31) {
      const seen = this.seenNames[this.depth] as number;
      repeated = (seen & (1 << index)) !== 0;
      this.seenNames[this.depth] = seen | (1 << index);
    } else {
      const others = (this.seenOthers[this.depth] ??= new Set());
      repeated = others.has(key);
      if (others.size === MAX_UNKNOWN_KEYS) {
        throw invalidJson(start, `an object with more than ${MAX_UNKNOWN_KEYS} unknown keys`);
      }
      others.add(key);
    }
    if (repeated) throw fail("JSON_DUPLICATE", { key, where: ` (again at byte ${start})` });
    this.skipSpace();
    if (this.current() !== COLON) throw unexpected(this.bytes, this.position, '":" after the key');
    this.position++;
    this.skipSpace();
    return key;
  }

  /** Reads a string; one that is in the table costs no new string. */
  readName(table: NameTable): string {
    this.skipSpace();
    const { bytes, end } = this;
    const start = this.position + 1;
    let position = start;
    if (this.current() === QUOTE) {
      while (position < end && PLAIN[bytes[position] as number] === 1) position++;
      if (position < end && bytes[position] === QUOTE) {
        this.nameIndex = findName(table, bytes, start, position, this.nameIndex + 1);
        if (this.nameIndex >= 0) {
          this.position = position + 1;
          return table.names[this.nameIndex] as string;
        }
      }
    }
    const text = this.readString();
    this.nameIndex = table.names.indexOf(text);
    return text;
  }

  /**
   * Reads the numbers of the open array into `values`, from its start, until the array ends,
   * `values` is full, or something else than a number comes. To be called where
   * {@link nextElement} said true; afterwards {@link open} tells whether the array goes on.
   *
   * @returns how many numbers were read.
   */
  readNumbers(values: Float64Array, precision: Precision): number {
    const { bytes, end } = this;
    const powers = POWERS_OF_TEN;
    const integers = precision === "integer";
    const singles = precision === "single";
    if (IN_NUMBER[bytes[end - 1] as number] === 1) return this.readLastNumbers(values);
    // From here on the last byte of the document stops any run of digits: no look at `end` needed.
    let position = this.position;
    let count = 0;
    while (count < values.length) {
      const start = position;
      let digit = (bytes[position] as number) ^ 48;
      const negative = digit === (MINUS ^ 48);
      if (negative) digit = (bytes[++position] as number) ^ 48;
      if (digit > 9) {
        if (negative && !this.nonFinite) throw malformedNumber(bytes, start);
        position = start;
        break;
      }
      const first = position;

      // Digits are added up without a look at how many there are: below 2^53 the sum is exact.
      let mantissa = 0;
      let exponent = 0;
      let whole = true;
      if (digit === 0) digit = (bytes[++position] as number) ^ 48;
      else {
        do {
          mantissa = mantissa * 10 + digit;
          digit = (bytes[++position] as number) ^ 48;
        } while (digit <= 9);
      }
      let stop = position;
      if (digit === (POINT ^ 48)) {
        digit = (bytes[++position] as number) ^ 48;
        if (digit > 9) throw malformedNumber(bytes, start);
        do {
          mantissa = mantissa * 10 + digit;
          digit = (bytes[++position] as number) ^ 48;
        } while (digit <= 9);
        exponent = stop + 1 - position;
        stop = position;
        whole = false;
      }
      if ((digit | 0x20) === (0x45 ^ 48)) {
        exponent += this.readExponent(start, position);
        position = this.position;
        digit = (bytes[position] as number) ^ 48;
        whole = false;
      }

      // One operation on two exact doubles rounds correctly.
      let value = Number.NaN;
      if (exponent === 0) value = mantissa;
      else if (exponent < 0 && exponent >= -22) value = mantissa / (powers[-exponent] as number);
      else if (exponent > 0 && exponent <= 22) value = mantissa * (powers[exponent] as number);
      if (integers) {
        if (!whole || mantissa >= 2 ** 53) {
          position = start;
          break;
        }
      } else if (mantissa >= 2 ** 53 || value !== value) {
        // An inexact mantissa puts the value off by less than 2^-46 of itself.
        const good = singles && mantissa < 1e28 && isClearSingle(value);
        if (!good) value = this.hardNumber(first, stop, exponent);
      }
      values[count++] = negative ? -value : value;

      if (digit === (COMMA ^ 48)) {
        position++;
        while (position < end && isSpace(bytes[position] as number)) position++;
      } else {
        this.position = position;
        if (!this.nextElement()) {
          this.open = false;
          return count;
        }
        position = this.position;
      }
    }
    this.position = position;
    this.open = true;
    return count;
  }

  /** Passes over a value of any kind, checking all of it. */
  skipValue(): void {
    const kind = this.peek();
    if (kind === "object") {
      this.openObject();
      while (this.nextMember()) {
        this.readKey();
        this.skipValue();
      }
    } else if (kind === "array") {
      this.openArray();
      while (this.nextElement()) this.skipValue();
    } else if (kind === "string") this.position = passString(this.bytes, this.position);
    else if (kind === "number") this.readNumberText();
    else if (kind === "boolean") this.readBoolean();
    else this.readNull();
  }

  /** Checks that nothing but white space follows the document. */
  finish(): void {
    this.skipSpace();
    if (this.position < this.end)
      throw unexpected(this.bytes, this.position, "the end of the document");
  }

  /** Reads the exponent whose "e" is at a position, of a number that starts before it. */
  private readExponent(start: number, position: number): number {
    const { bytes } = this;
    let at = position + 1;
    const negative = bytes[at] === MINUS;
    if (negative || bytes[at] === PLUS) at++;
    let digit = (bytes[at] as number) ^ 48;
    if (digit > 9) throw malformedNumber(bytes, start);
    let power = 0;
    do {
      if (power < 1e6) power = power * 10 + digit;
      digit = (bytes[++at] as number) ^ 48;
    } while (digit <= 9);
    this.position = at;
    return negative ? -power : power;
  }

  /** The unsigned number at a position that the loop of {@link readNumbers} cannot round itself. */
  private hardNumber(position: number, stop: number, exponent: number): number {
    const value = toNearestDouble(this.bytes, position, stop, exponent);
    if (value === value) return value;
    this.position = position;
    return this.readNumber();
  }

  /** {@link readNumbers} for a document that breaks off in a number, or ends in a stray letter. */
  private readLastNumbers(values: Float64Array): number {
    let count = 0;
    this.open = true;
    while (this.open && count < values.length && this.peek() === "number") {
      values[count++] = this.readNumber();
      this.open = this.nextElement();
    }
    return count;
  }

  private openContainer(bracket: number, name: string): void {
    this.skipSpace();
    if (this.current() !== bracket) throw unexpected(this.bytes, this.position, name);
    if (this.depth >= this.maxDepth) {
      throw fail("JSON_TOO_DEEP", { limit: this.maxDepth, position: this.position });
    }
    this.depth++;
    this.position++;
    this.fresh = true;
  }

  private nextEntry(closing: number, expected: string): boolean {
    this.skipSpace();
    const byte = this.current();
    if (byte === closing) {
      this.position++;
      this.depth--;
      this.fresh = false;
      return false;
    }
    if (this.fresh) {
      this.fresh = false;
      return true;
    }
    if (byte !== COMMA) throw unexpected(this.bytes, this.position, expected);
    this.position++;
    this.skipSpace();
    if (this.current() === closing)
      throw unexpected(this.bytes, this.position, "a value after the comma");
    return true;
  }
}

/** Whether a value that may be off by 2^-46 of itself rounds to one single-precision number only. */
function isClearSingle(value: number): boolean {
  return Math.fround(value * (1 - 2 ** -46)) === Math.fround(value * (1 + 2 ** -46));
}
