import { gunzip, inflate } from "node:zlib";
import { fail, LongshoreError } from "@longshore/core";

/** Bytes in front of each message: whether it is compressed, and its length. */
export const PREFIX_BYTES = 5;

/** How messages may be compressed, as the header `grpc-encoding` names it. */
export const ENCODINGS = ["identity", "deflate", "gzip"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Told of the messages in a stream's bytes. */
export interface MessageListener {
  /**
   * A message begins.
   *
   * @param length bytes that it will take; undefined where it is compressed.
   * @returns false to pass over it.
   */
  onStart(length: number | undefined): boolean;
  /** A message is there: a view on the bytes received. */
  onMessage(bytes: Uint8Array): void;
  /** What follows cannot be read. */
  onBroken(error: LongshoreError): void;
  /** Nothing must be pushed until the message that was begun is there, or may be again. */
  hold(holds: boolean): void;
}

/**
 * Finds the messages in the bytes of a stream. A message that comes in several pieces is copied
 * once, into a buffer of its length; one that comes in a single piece stays where it is.
 *
 * Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Length-Prefixed-Message".
 */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #encoding: Encoding;
  readonly #listener: MessageListener;
  /** Bytes of a prefix that were seen, and what they said so far. */
  #prefixBytes = 0;
  #flag = 0;
  #length = 0;
  #compressed = false;
  #wanted = false;
  /** The message that comes in pieces, and how much of it is there. */
  #message: Uint8Array | undefined;
  #received = 0;
  #broken = false;

  /** @param maxBytes of a message, decompressed. */
  constructor(maxBytes: number, encoding: Encoding, listener: MessageListener) {
    this.#maxBytes = maxBytes;
    this.#encoding = encoding;
    this.#listener = listener;
  }

  /** Whether a message has begun and not ended. */
  get isPartial(): boolean {
    return this.#prefixBytes > 0;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#broken) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        const byte = chunk[at++]!;
        if (this.#prefixBytes++ === 0) {
          this.#flag = byte;
          this.#length = 0;
        } else this.#length = this.#length * 256 + byte;
        if (this.#prefixBytes < PREFIX_BYTES || !this.#begin()) continue;
        // An empty message has no bytes that would get here again.
        if (this.#length > 0) continue;
      }
      const missing = this.#length - this.#received;
      const piece = chunk.subarray(at, at + missing);
      at += piece.length;
      if (piece.length === this.#length) {
        if (this.#end(piece, chunk.subarray(at))) return;
        continue;
      }
      if (this.#wanted) {
        this.#message ??= Buffer.allocUnsafeSlow(this.#length);
        this.#message.set(piece, this.#received);
      }
      this.#received += piece.length;
      if (this.#received === this.#length && this.#end(this.#message, chunk.subarray(at))) return;
    }
  }

  /** @returns false where the message cannot be read. */
  #begin(): boolean {
    this.#received = 0;
    this.#compressed = this.#flag === 1;
    if (this.#flag > 1) return this.#break(problem(`its compression flag is ${this.#flag}`));
    if (this.#compressed && this.#encoding === "identity") {
      return this.#break(problem("it is compressed, but there is no header grpc-encoding"));
    }
    if (this.#length > this.#maxBytes) {
      return this.#break(fail("BODY_TOO_LARGE", { limit: this.#maxBytes }));
    }
    this.#wanted = this.#listener.onStart(this.#compressed ? undefined : this.#length);
    return true;
  }

  /** @returns whether the rest is pushed later. */
  #end(message: Uint8Array | undefined, rest: Uint8Array): boolean {
    this.#prefixBytes = 0;
    this.#message = undefined;
    if (!this.#wanted) return false;
    if (!this.#compressed) {
      this.#listener.onMessage(message!);
      return false;
    }
    this.#listener.hold(true);
    const decompress = this.#encoding === "gzip" ? gunzip : inflate;
    decompress(message!, { maxOutputLength: this.#maxBytes }, (error, bytes) => {
      if (error === null) this.#listener.onMessage(bytes);
      else this.#break(this.#toProblem(error));
      this.push(rest);
      this.#listener.hold(false);
    });
    return true;
  }

  #toProblem(error: NodeJS.ErrnoException): LongshoreError {
    return error.code === "ERR_BUFFER_TOO_LARGE"
      ? fail("BODY_TOO_LARGE", { limit: this.#maxBytes })
      : problem(`it is not in ${this.#encoding}: ${error.message}`);
  }

  #break(error: LongshoreError): false {
    this.#broken = true;
    this.#listener.onBroken(error);
    return false;
  }
}

function problem(text: string): LongshoreError {
  return fail("MESSAGE_INVALID", { problem: text });
}
