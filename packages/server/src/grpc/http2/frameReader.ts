import { ConnectionError, ErrorCode, FRAME_HEAD_BYTES, MAX_FRAME_BYTES, PREFACE } from "./wire.ts";

/** Told of each frame: its payload is a view that stays as it is. */
export type FrameListener = (type: number, flags: number, stream: number, payload: Buffer) => void;

/**
 * Finds the frames in a connection's bytes, after the preface. A frame that comes in one piece stays
 * where it is; only one that comes in several is copied.
 *
 * Source: RFC 9113, sections 3.4 and 4.1.
 */
export class FrameReader {
  readonly #listener: FrameListener;
  #prefaceBytes = 0;
  /** The frame that comes in pieces, or its head only; and how much of it is there. */
  #held: Buffer | undefined;
  #heldBytes = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** @throws ConnectionError PROTOCOL_ERROR, FRAME_SIZE_ERROR, and what the listener throws. */
  push(chunk: Buffer): void {
    let at = this.#passPreface(chunk);
    while (at < chunk.length) {
      if (this.#held === undefined) {
        const end = at + lengthOf(chunk, at);
        if (end <= chunk.length) {
          this.#tell(chunk, at, end);
          at = end;
          continue;
        }
        this.#held = Buffer.allocUnsafe(end - at);
        this.#heldBytes = 0;
      }
      const piece = chunk.subarray(at, at + this.#held.length - this.#heldBytes);
      this.#held.set(piece, this.#heldBytes);
      this.#heldBytes += piece.length;
      at += piece.length;
      this.#finishHeld(this.#held);
    }
  }

  #finishHeld(held: Buffer): void {
    if (this.#heldBytes < held.length) return;
    const length = lengthOf(held, 0);
    if (length > held.length) {
      // That was the head alone.
      this.#held = Buffer.allocUnsafe(length);
      this.#held.set(held);
      return;
    }
    this.#held = undefined;
    this.#tell(held, 0, length);
  }

  #passPreface(chunk: Buffer): number {
    const missing = PREFACE.length - this.#prefaceBytes;
    if (missing === 0) return 0;
    const piece = chunk.subarray(0, missing);
    if (!PREFACE.subarray(this.#prefaceBytes, this.#prefaceBytes + piece.length).equals(piece)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "this is not the preface of HTTP/2");
    }
    this.#prefaceBytes += piece.length;
    return piece.length;
  }

  #tell(bytes: Buffer, at: number, end: number): void {
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    const payload = bytes.subarray(at + FRAME_HEAD_BYTES, end);
    this.#listener(bytes[at + 3]!, bytes[at + 4]!, stream, payload);
  }
}

/** Bytes of the frame at this place, its head included; of its head while that is not all there. */
function lengthOf(bytes: Buffer, at: number): number {
  if (bytes.length - at < FRAME_HEAD_BYTES) return FRAME_HEAD_BYTES;
  const length = bytes.readUIntBE(at, 3);
  if (length > MAX_FRAME_BYTES) {
    const problem = `a frame of ${length} bytes is over the limit of ${MAX_FRAME_BYTES}`;
    throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, problem);
  }
  return FRAME_HEAD_BYTES + length;
}
