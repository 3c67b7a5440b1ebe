import { FieldDecoder } from "./fieldDecoder.ts";
import { expect, sizeError, withoutPadding } from "./frameChecks.ts";
import { MAX_FIELDS_SIZE, RequestFields } from "./requestFields.ts";
import { ConnectionError, ErrorCode, Flag, FrameType } from "./wire.ts";

/** Of a block's frames, each with something on top: an endless row of empty ones ends too. */
const MAX_BLOCK_BYTES = MAX_FIELDS_SIZE;
const FRAME_COST = 64;
const PRIORITY_BYTES = 5;

/** Headers or trailers, whole. */
export interface HeaderBlock {
  readonly stream: number;
  /** Whether the client sends nothing more on the stream. */
  readonly isLast: boolean;
  readonly fields: RequestFields;
}

interface Unfinished {
  readonly stream: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  size: number;
}

/**
 * Puts the header blocks of a connection together and decodes them, in their order.
 *
 * Source: RFC 9113, sections 4.3, 6.2 and 6.10.
 */
export class HeaderBlocks {
  readonly #decoder = new FieldDecoder();
  #unfinished: Unfinished | undefined;

  /** Nothing else may come before a block is whole. @throws ConnectionError PROTOCOL_ERROR */
  expectFrame(type: number, stream: number): void {
    const continues = type === FrameType.CONTINUATION;
    expect(
      continues === (this.#unfinished !== undefined),
      "a block is continued where it is not whole",
    );
    expect(!continues || stream === this.#unfinished!.stream, "a block of another stream goes on");
  }

  /**
   * Takes HEADERS.
   *
   * @returns the block, where it is whole.
   * @throws ConnectionError
   */
  begin(flags: number, stream: number, payload: Buffer): HeaderBlock | undefined {
    expect(stream % 2 === 1, "streams of a client have odd numbers");
    const body = withoutPadding(flags, payload);
    const priority = (flags & Flag.PRIORITY) === 0 ? 0 : PRIORITY_BYTES;
    if (body.length < priority) throw sizeError();
    const isLast = (flags & Flag.END_STREAM) !== 0;
    this.#unfinished = { stream, isLast, parts: [], size: 0 };
    return this.continue(flags, body.subarray(priority));
  }

  /**
   * Takes CONTINUATION.
   *
   * @returns the block, where it is whole.
   * @throws ConnectionError
   */
  continue(flags: number, part: Buffer): HeaderBlock | undefined {
    const block = this.#unfinished!;
    block.parts.push(part);
    block.size += part.length + FRAME_COST;
    if (block.size > MAX_BLOCK_BYTES) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "a header block is too large");
    }
    if ((flags & Flag.END_HEADERS) === 0) return undefined;
    this.#unfinished = undefined;
    const { parts, stream, isLast } = block;
    const fields = new RequestFields();
    this.#decoder.decode(parts.length === 1 ? part : Buffer.concat(parts), (field) =>
      fields.add(field),
    );
    return { stream, isLast, fields };
  }
}
