import type { LongshoreError } from "../errors.ts";

/**
 * Messages nest at most this deep, as in protobuf's own readers. Subgraphs of ONNX count three
 * levels each (attribute, graph, node), so what walks a graph recursively is bounded too.
 */
export const MAX_DEPTH = 100;
/** Messages, strings and byte fields in one input: a two-byte field must not cost gigabytes. */
const MAX_PARTS = 2_000_000;
/** Numbers of typed fields in one input: a one-byte varint becomes eight bytes of memory. */
const MAX_NUMBERS = 2 ** 27;

/** The wire type of whole numbers: seven bits a byte. */
export const VARINT = 0;
/** The wire type of eight bytes. */
export const FIXED64 = 1;
/** The wire type of a length and as many bytes: texts, messages, packed numbers. */
export const BYTES = 2;
/** The wire type of four bytes. */
export const FIXED32 = 5;
/** How a field is encoded. Protobuf's groups (3 and 4) are long deprecated. */
export type WireType = typeof VARINT | typeof FIXED64 | typeof BYTES | typeof FIXED32;

/** Fatal, so that what is read can be written back; a byte-order mark is part of the text. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes the error for malformed bytes. @param problem what is wrong, and at which byte. */
export type ToProblem = (problem: string) => LongshoreError;

/**
 * Reads the protobuf wire format from untrusted bytes, without copying them.
 *
 * Every method throws what {@link invalid} makes where the bytes end early or are malformed, and
 * allocates nothing before it knows that the bytes are there.
 *
 * Source: protobuf.dev, "Encoding".
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #toProblem: ToProblem;
  position = 0;
  /** Where the message that is being read ends. */
  end: number;
  /** Where the tag that was read last stands, and its length. */
  #tagStart = 0;
  #tagLength = 0;
  #depth = 0;
  #parts = 0;
  #numbers = 0;
  /** Halves of the last varint read, as unsigned 32-bit numbers. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, toProblem: ToProblem) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#toProblem = toProblem;
    this.end = bytes.byteLength;
  }

  /** The error for malformed bytes at the current position. */
  invalid(problem: string): LongshoreError {
    return this.#toProblem(`${problem} at byte ${this.position} of ${this.bytes.byteLength}`);
  }

  /** Field number and wire type of the next field. */
  tag(): { id: number; wire: WireType } {
    this.#tagStart = this.position;
    this.#varint();
    this.#tagLength = this.position - this.#tagStart;
    const id = this.#low >>> 3;
    const wire = this.#low & 7;
    if (this.#high !== 0 || id === 0) throw this.invalid("a field number is out of range");
    if (wire !== VARINT && wire !== FIXED64 && wire !== BYTES && wire !== FIXED32) {
      throw this.invalid(`field ${id} has the unsupported wire type ${wire}`);
    }
    return { id, wire };
  }

  /** Moves past the next tag if it is the same, byte for byte, as the one read last. */
  repeatsTag(): boolean {
    const length = this.#tagLength;
    if (this.position + length > this.end) return false;
    for (let index = 0; index < length; index++) {
      if (this.bytes[this.#tagStart + index] !== this.bytes[this.position + index]) return false;
    }
    this.position += length;
    return true;
  }

  /** A signed 32-bit integer; the upper half of a longer varint is dropped, as protobuf does. */
  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A signed 64-bit integer as a number. @throws beyond 2^53. */
  int(): number {
    this.#varint();
    const value = (this.#high | 0) * 2 ** 32 + this.#low;
    if (!Number.isSafeInteger(value)) throw this.invalid("an integer exceeds 2^53");
    return value;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    this.#varint();
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  float(): number {
    return this.view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.view.getFloat64(this.#take(8), true);
  }

  /** The bytes of a length-delimited field, as a view. */
  blob(): Uint8Array {
    this.countPart();
    const length = this.length();
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  string(): string {
    const bytes = this.blob();
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.invalid("a string is not UTF-8");
    }
  }

  /** The length of a length-delimited field, known to lie inside the enclosing message. */
  length(): number {
    this.#varint();
    const length = this.#high * 2 ** 32 + this.#low;
    if (length > this.end - this.position) throw this.invalid(this.#missing(length));
    return length;
  }

  /** Runs `read` on a length-delimited field with {@link end} set to its end. */
  nested(read: () => void): void {
    this.countPart();
    const length = this.length();
    if (++this.#depth > MAX_DEPTH)
      throw this.invalid(`messages nest deeper than ${MAX_DEPTH} levels`);
    const outer = this.end;
    this.end = this.position + length;
    read();
    this.end = outer;
    this.#depth--;
  }

  /** Moves past the value of a field that no table knows. */
  skip(wire: WireType): void {
    if (wire === VARINT) this.#varint();
    else this.#take(wire === BYTES ? this.length() : wire === FIXED64 ? 8 : 4);
  }

  countPart(): void {
    if (++this.#parts > MAX_PARTS) throw this.invalid(`there are more than ${MAX_PARTS} parts`);
  }

  countNumbers(count: number): void {
    this.#numbers += count;
    if (this.#numbers > MAX_NUMBERS) {
      throw this.invalid(
        `more than ${MAX_NUMBERS} numbers are stored one by one, not as raw data,`,
      );
    }
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw this.invalid(this.#missing(length));
    this.position = start + length;
    return start;
  }

  #missing(length: number): string {
    return `a field of ${length} bytes does not fit into the ${this.end - this.position} that are left`;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw this.invalid("the bytes end inside a number");
      const byte = this.view.getUint8(this.position++);
      const group = byte & 0x7f;
      if (shift < 32) low |= group << shift;
      if (shift === 28) high = group >>> 4;
      else if (shift > 28) high |= group << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.invalid("a number is longer than ten bytes");
  }
}
