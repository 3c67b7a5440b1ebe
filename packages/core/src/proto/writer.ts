import { BYTES, type WireType } from "./reader.ts";

const BLOCK_BYTES = 64 * 1024;
/** Byte fields from this size on become chunks of their own, uncopied. */
const VIEW_BYTES = 1024;
/** Up to so many characters, texts are tried as ASCII first. */
const SHORT_TEXT = 64;
const UTF8 = new TextEncoder();

/** A block of which only the end is written, left over by the writer before. */
let spare: { readonly block: Uint8Array<ArrayBuffer>; readonly end: number } | undefined;

/**
 * Writes the protobuf wire format from its end to its beginning: so the length of a nested
 * message is known when its prefix is written, and one pass is enough. Callers therefore write the
 * last field first, and each field's value before its tag.
 */
export class Writer {
  #block: Uint8Array<ArrayBuffer>;
  #view: DataView;
  /** Start of what is written in the block. */
  #start: number;
  /** End of what is written in the block and not yet in a chunk. */
  #end: number;
  /** Finished chunks, the last one first. */
  readonly #chunks: Uint8Array[] = [];
  /** Bytes written so far. */
  size = 0;

  constructor() {
    // Many small messages share a block: making one costs more than writing it.
    this.#block = spare?.block ?? new Uint8Array(BLOCK_BYTES);
    this.#start = this.#end = spare?.end ?? BLOCK_BYTES;
    this.#view = new DataView(this.#block.buffer);
    spare = undefined;
  }

  /** What was written, first byte first. Nothing can be written after. */
  finish(): Uint8Array[] {
    this.#flush();
    if (this.#start >= VIEW_BYTES) spare = { block: this.#block, end: this.#start };
    return this.#chunks.toReversed();
  }

  tag(id: number, wire: WireType): void {
    this.uint(id * 8 + wire);
  }

  /** A length-delimited field, whose content `write` writes. */
  delimited(id: number, write: () => void): void {
    const before = this.size;
    write();
    this.uint(this.size - before);
    this.tag(id, BYTES);
  }

  /** A whole number within ±2^53; a negative one takes ten bytes, as protobuf's int32 does too. */
  int(value: number): void {
    if (value < 0) this.int64(BigInt(value));
    else this.uint(value);
  }

  int64(value: bigint): void {
    this.uint64(BigInt.asUintN(64, value));
  }

  uint64(value: bigint): void {
    if (value <= Number.MAX_SAFE_INTEGER) {
      this.uint(Number(value));
      return;
    }
    // By halves, as numbers: all negative ones come here, and each shift of a bigint allocates.
    const low = Number(value & 0xffff_ffffn);
    const high = Number(value >> 32n);
    let rest = high >>> 3;
    let at = this.#reserve(5 + (rest < 2 ** 21 ? 3 : rest < 2 ** 28 ? 4 : 5));
    for (let shift = 0; shift < 28; shift += 7) this.#block[at++] = (low >>> shift) | 0x80;
    this.#block[at++] = (low >>> 28) | ((high & 7) << 4) | 0x80;
    for (; rest >= 128; rest >>>= 7) this.#block[at++] = rest | 0x80;
    this.#block[at] = rest;
  }

  /** A whole number from 0 to 2^53. */
  uint(value: number): void {
    let length = 1;
    for (let bound = 128; value >= bound; bound *= 128) length++;
    let at = this.#reserve(length);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#block[at++] = (rest % 128) | 0x80;
    this.#block[at] = rest;
  }

  float(value: number): void {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, value, true);
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  string(value: string): void {
    if (!this.#shortAscii(value)) this.bytes(UTF8.encode(value));
  }

  /** Names, data types, versions: quicker byte by byte than through an encoder and its array. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    if (length > SHORT_TEXT) return false;
    const at = this.#reserve(length);
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#start += length;
        this.size -= length;
        return false;
      }
      this.#block[at + index] = code;
    }
    this.uint(length);
    return true;
  }

  /** Bytes with their length in front. */
  bytes(value: Uint8Array): void {
    this.blob(value);
    this.uint(value.byteLength);
  }

  /** Bytes as they are: large ones as a view, small ones into the current block. */
  blob(bytes: Uint8Array): void {
    if (bytes.byteLength < VIEW_BYTES) {
      const at = this.#reserve(bytes.byteLength);
      this.#block.set(bytes, at);
      return;
    }
    this.#flush();
    this.#chunks.push(bytes);
    this.size += bytes.byteLength;
  }

  /**
   * Room for `length` (at most {@link VIEW_BYTES}) bytes in front of what is written. May put
   * another block in the place of the current one: call it before the block is looked at.
   */
  #reserve(length: number): number {
    if (this.#start < length) {
      this.#flush();
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#view = new DataView(this.#block.buffer);
      this.#start = this.#end = BLOCK_BYTES;
    }
    this.#start -= length;
    this.size += length;
    return this.#start;
  }

  #flush(): void {
    if (this.#start < this.#end) this.#chunks.push(this.#block.subarray(this.#start, this.#end));
    this.#end = this.#start;
  }
}
