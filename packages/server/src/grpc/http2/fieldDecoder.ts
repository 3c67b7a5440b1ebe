import { decodeHuffman } from "./huffman.ts";
import { STATIC_TABLE, toField, type Field } from "./fields.ts";
import { ConnectionError, ErrorCode } from "./wire.ts";

/** What the table may hold where nothing else was agreed on: this server never says otherwise. */
const MAX_TABLE_SIZE = 4_096;
/** No number in a block that is read here has to be larger. */
const MAX_INTEGER = 2 ** 24;

/**
 * Reads the header blocks of one connection, which must come in their order: they share a table.
 *
 * Source: RFC 7541, "HPACK".
 */
export class FieldDecoder {
  /** Oldest first. */
  readonly #table: Field[] = [];
  #size = 0;
  #maxSize = MAX_TABLE_SIZE;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * Reads a block.
   *
   * @throws ConnectionError COMPRESSION_ERROR: what follows on the connection cannot be read then.
   */
  decode(block: Buffer, onField: (field: Field) => void): void {
    this.#block = block;
    this.#at = 0;
    let mayResize = true;
    while (this.#at < block.length) {
      const byte = block[this.#at]!;
      if ((byte & 0xe0) === 0x20) {
        if (!mayResize) throw broken("the size of the table changes within a block");
        this.#resize(this.#integer(5));
        continue;
      }
      mayResize = false;
      if (byte >= 0x80) onField(this.#field(this.#integer(7)));
      else if (byte >= 0x40) onField(this.#remember(this.#literal(6)));
      else onField(this.#literal(4));
    }
  }

  #literal(prefixBits: number): Field {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#field(index).name;
    return toField(name, this.#string());
  }

  #field(index: number): Field {
    const field =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#table[this.#table.length - (index - STATIC_TABLE.length)];
    if (field === undefined) throw broken(`there is no field ${index}`);
    return field;
  }

  #remember(field: Field): Field {
    this.#table.push(field);
    this.#size += field.size;
    this.#evict();
    return field;
  }

  #resize(size: number): void {
    if (size > MAX_TABLE_SIZE) throw broken(`a table of ${size} bytes is over the limit`);
    this.#maxSize = size;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) this.#size -= this.#table.shift()!.size;
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > MAX_INTEGER || factor > MAX_INTEGER) throw broken("a number is too large");
      if (byte < 0x80) return value;
    }
  }

  #string(): string {
    const isHuffman = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw broken("a string ends beyond its block");
    if (!isHuffman) return this.#block.toString("latin1", start, this.#at);
    const text = decodeHuffman(this.#block.subarray(start, this.#at));
    if (text === undefined) throw broken("a string is not in the Huffman code");
    return text;
  }

  #byte(): number {
    if (this.#at >= this.#block.length) throw broken("a block ends within a field");
    return this.#block[this.#at++]!;
  }
}

function broken(problem: string): ConnectionError {
  return new ConnectionError(ErrorCode.COMPRESSION_ERROR, problem);
}
