import type { IncomingHttpHeaders } from "node:http2";
import {
  ErrorCode,
  Flag,
  FrameType,
  toFrame,
  uint32,
  writeHead,
  FRAME_HEAD_BYTES,
} from "./wire.ts";

/** Bytes that a client may send ahead on one stream. */
export const STREAM_WINDOW_BYTES: number = 2 ** 20;
/** Up to so many bytes, DATA is copied behind its head: one piece to write costs less than two. */
const SMALL_BYTES = 1_024;

/** Told of what happens on a stream. */
export interface StreamListener {
  onData(bytes: Buffer): void;
  /** The client sends no more. */
  onEnd(): void;
  /** The last that is told. @param isSent whether an answer was handed to the connection, whole. */
  onClose(isSent: boolean): void;
  /** Called now and then. @param now on the clock of `performance.now()`. */
  look(now: number): void;
  /** The server is about to stop. */
  stop(): void;
}

/** What a stream needs of its connection. */
export interface StreamConnection {
  /** Writes frames that no window bounds. */
  write(bytes: Uint8Array): void;
  /** Bytes of DATA that can be sent now. */
  readonly room: number;
  readonly maxFrameBytes: number;
  /** Counts bytes of DATA that are sent. */
  spend(bytes: number): void;
  /** Has the stream's turn come to send what waits. */
  queue(stream: Stream): void;
  /** Bytes of DATA were used: the client may send as many more. */
  refund(bytes: number): void;
  remove(stream: Stream): void;
}

/** Bytes that wait to be sent. */
interface Waiting {
  readonly bytes: Uint8Array;
  at: number;
  readonly onSent: (() => void) | undefined;
}

/**
 * One stream: what was received and not yet used, and what is to be sent. States are those of
 * RFC 9113, section 5.1.
 */
export class Stream {
  readonly id: number;
  readonly headers: IncomingHttpHeaders;
  readonly #connection: StreamConnection;
  #listener: StreamListener | undefined;
  /** Bytes that the peer takes now. Below zero where it has made its windows smaller. */
  #sendWindow: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #trailers: Buffer | undefined;
  /** Bytes that the client may still send, and bytes used that it was not told of. */
  #receiveWindow = STREAM_WINDOW_BYTES;
  #used = 0;
  /** What came while the stream is paused. */
  #held: Buffer[] = [];
  #isPaused = false;
  #isEndTold = false;
  /** The client has sent its last. */
  isEnded = false;
  /** An answer has begun; it was handed over, whole. */
  #isBegun = false;
  #isSent = false;
  #isClosed = false;

  constructor(
    connection: StreamConnection,
    id: number,
    headers: IncomingHttpHeaders,
    sendWindow: number,
  ) {
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
    this.#sendWindow = sendWindow;
  }

  /** Nothing can be said on it any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Headers of an answer were sent. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Bytes that wait until the client takes them. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get listener(): StreamListener | undefined {
    return this.#listener;
  }

  listen(listener: StreamListener): void {
    this.#listener = listener;
  }

  // What is sent.

  /** Sends headers. @param isLast where nothing follows them. */
  respond(block: Buffer, isLast: boolean): void {
    if (this.#isClosed) return;
    this.#isBegun = true;
    const flags = Flag.END_HEADERS | (isLast ? Flag.END_STREAM : 0);
    this.#connection.write(toFrame(FrameType.HEADERS, flags, this.id, block));
    if (isLast) this.#finish();
  }

  /** Sends bytes. @param onSent called when they were handed to the connection, or never will be. */
  send(bytes: Uint8Array, onSent?: () => void): void {
    if (this.#isClosed) return onSent?.();
    this.#waiting.push({ bytes, at: 0, onSent });
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length === 1) this.#connection.queue(this);
  }

  /** Sends the last headers, behind what waits. */
  end(trailers: Buffer): void {
    if (this.#isClosed) return;
    this.#trailers = trailers;
    if (this.#waiting.length === 0) this.#sendTrailers();
  }

  /** A whole answer: in one piece where it can be sent at once, which is what most of them are. */
  answer(head: Buffer, message: Uint8Array, trailers: Buffer): void {
    const { room, maxFrameBytes } = this.#connection;
    if (message.length > Math.min(room, maxFrameBytes, this.#sendWindow) || this.#isClosed) {
      this.respond(head, false);
      this.send(message);
      this.end(trailers);
      return;
    }
    this.#isBegun = true;
    const { id } = this;
    const length = head.length + message.length + trailers.length + 3 * FRAME_HEAD_BYTES;
    const bytes = Buffer.allocUnsafe(length);
    let at = writeHead(bytes, 0, head.length, FrameType.HEADERS, Flag.END_HEADERS, id);
    bytes.set(head, at);
    at = writeHead(bytes, at + head.length, message.length, FrameType.DATA, 0, id);
    bytes.set(message, at);
    const last = Flag.END_HEADERS | Flag.END_STREAM;
    at = writeHead(bytes, at + message.length, trailers.length, FrameType.HEADERS, last, id);
    bytes.set(trailers, at);
    this.#connection.spend(message.length);
    this.#connection.write(bytes);
    this.#finish();
  }

  /**
   * Sends one frame of what waits.
   *
   * @returns whether there is more that can be sent.
   */
  sendNext(): boolean {
    const [first] = this.#waiting;
    if (first === undefined || this.#isClosed) return false;
    const { room, maxFrameBytes } = this.#connection;
    const left = first.bytes.length - first.at;
    const length = Math.min(left, room, maxFrameBytes, Math.max(0, this.#sendWindow));
    if (length === 0 && left > 0) return false;
    const part = first.bytes.subarray(first.at, first.at + length);
    const copied = length <= SMALL_BYTES ? length : 0;
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + copied);
    writeHead(frame, 0, length, FrameType.DATA, 0, this.id);
    if (copied > 0) frame.set(part, FRAME_HEAD_BYTES);
    this.#connection.write(frame);
    if (copied < length) this.#connection.write(part);
    this.#connection.spend(length);
    this.#sendWindow -= length;
    this.#waitingBytes -= length;
    first.at += length;
    if (first.at < first.bytes.length) return true;
    this.#waiting.shift();
    first.onSent?.();
    if (this.#waiting.length > 0) return true;
    if (this.#trailers !== undefined && !this.#isClosed) this.#sendTrailers();
    return false;
  }

  #sendTrailers(): void {
    const flags = Flag.END_HEADERS | Flag.END_STREAM;
    this.#connection.write(toFrame(FrameType.HEADERS, flags, this.id, this.#trailers));
    this.#finish();
  }

  /** A client that goes on sending though it was answered is told not to. */
  #finish(): void {
    this.#isSent = true;
    if (this.isEnded) this.close();
    else this.reset(ErrorCode.NO_ERROR);
  }

  /** Ends the stream, in whatever state it is. */
  reset(code: ErrorCode): void {
    if (this.#isClosed) return;
    this.#connection.write(toFrame(FrameType.RST_STREAM, 0, this.id, uint32(code)));
    this.close();
  }

  /** The peer takes more, or less. @returns false where that is more than there may be. */
  widen(bytes: number, max: number): boolean {
    this.#sendWindow += bytes;
    if (this.#sendWindow > max) return false;
    if (this.#waiting.length > 0) this.#connection.queue(this);
    return true;
  }

  // What is received.

  /** Lets nothing more be told until {@link resume}; the client's window bounds what is held. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#held.length > 0) this.#use(this.#held.shift()!);
    if (this.isEnded) this.#tellEnd();
  }

  /** @param length of the frame's payload, padding included. @returns false where it may not be. */
  take(bytes: Buffer, length: number): boolean {
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) return false;
    this.#refund(length - bytes.length);
    if (bytes.length === 0) return true;
    if (this.#isPaused) this.#held.push(bytes);
    else this.#use(bytes);
    return true;
  }

  takeEnd(): void {
    this.isEnded = true;
    if (!this.#isPaused) this.#tellEnd();
  }

  #use(bytes: Buffer): void {
    this.#refund(bytes.length);
    this.#listener?.onData(bytes);
  }

  #tellEnd(): void {
    if (this.#isPaused || this.#isEndTold || this.#isClosed) return;
    this.#isEndTold = true;
    this.#listener?.onEnd();
  }

  #refund(bytes: number): void {
    this.#connection.refund(bytes);
    if (this.isEnded || this.#isClosed) return;
    this.#used += bytes;
    if (this.#used < STREAM_WINDOW_BYTES / 2) return;
    this.#connection.write(toFrame(FrameType.WINDOW_UPDATE, 0, this.id, uint32(this.#used)));
    this.#receiveWindow += this.#used;
    this.#used = 0;
  }

  /** Nothing is sent or told any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const bytes of this.#held.splice(0)) this.#connection.refund(bytes.length);
    for (const { onSent } of this.#waiting.splice(0)) onSent?.();
    this.#waitingBytes = 0;
    this.#connection.remove(this);
    this.#listener?.onClose(this.#isSent);
  }
}
