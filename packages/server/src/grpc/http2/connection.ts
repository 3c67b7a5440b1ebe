import type { Socket } from "node:net";
import { expect, expectLength, sizeError, windowError, withoutPadding } from "./frameChecks.ts";
import { FrameReader } from "./frameReader.ts";
import { HeaderBlocks, type HeaderBlock } from "./headerBlocks.ts";
import { Output } from "./output.ts";
import { MAX_FIELDS_SIZE } from "./requestFields.ts";
import { toBlock } from "./responseFields.ts";
import { Stream, STREAM_WINDOW_BYTES, type StreamConnection } from "./stream.ts";
import { TokenBucket } from "./tokenBucket.ts";
import {
  ConnectionError,
  ErrorCode,
  FIRST_WINDOW_BYTES,
  Flag,
  FrameType,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  Setting,
  toFrame,
  toSettings,
  uint32,
} from "./wire.ts";

/** Bytes that a client may send ahead on all of a connection's streams. */
const CONNECTION_WINDOW_BYTES = 2 ** 24;
const MAX_STREAMS = 16_384;
/** Streams that a client may break off: so many at a time, and so many a second. */
const RESETS = { burst: 1_000, perSecond: 33 };
/** What may lie unread by a client before nothing more is read of it. */
const MAX_UNREAD_BYTES = 2 ** 20;
/** What a client may take to read why its connection ends. */
const CLOSING_MS = 1_000;

const SETTINGS = toSettings([
  [Setting.MAX_CONCURRENT_STREAMS, MAX_STREAMS],
  [Setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
  [Setting.MAX_HEADER_LIST_SIZE, MAX_FIELDS_SIZE],
]);
const TOO_LARGE = toBlock({ ":status": 431 });

/**
 * One connection of a client, from the server's side.
 *
 * Source: RFC 9113, "HTTP/2". Priorities are read and passed over; nothing is pushed.
 */
export class Connection implements StreamConnection {
  readonly #socket: Socket;
  readonly #onStream: (stream: Stream) => void;
  readonly #output: Output;
  readonly #reader = new FrameReader((...frame) => this.#take(...frame));
  readonly #blocks = new HeaderBlocks();
  /**
   * Open streams by their number. Not a Map: one in which entries come and go links each table that
   * it has outgrown to the next, and so an old one keeps all closed streams until a full collection.
   */
  readonly #streams: Record<number, Stream> = Object.create(null) as Record<number, Stream>;
  #count = 0;
  #lastStream = 0;
  #isGreeted = false;
  /** Told to open no more streams. */
  #isLeaving = false;
  /** Nothing more is read; nothing more is written. */
  #isOver = false;
  #isEnding = false;
  /** What the peer takes. */
  #sendWindow = FIRST_WINDOW_BYTES;
  #streamWindow = FIRST_WINDOW_BYTES;
  maxFrameBytes: number = MAX_FRAME_BYTES;
  /** Streams with something to send, in the order of their turns. */
  readonly #queue = new Set<Stream>();
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #used = 0;
  readonly #resets = new TokenBucket(RESETS);
  #onPong: (() => void) | undefined;

  /** @param onStream told of each request, before anything of its body. */
  constructor(socket: Socket, onStream: (stream: Stream) => void) {
    this.#socket = socket;
    this.#onStream = onStream;
    this.#output = new Output(socket, () => {
      this.#sendQueued();
      socket.resume();
    });
    this.write(toFrame(FrameType.SETTINGS, 0, 0, SETTINGS));
    const more = uint32(CONNECTION_WINDOW_BYTES - FIRST_WINDOW_BYTES);
    this.write(toFrame(FrameType.WINDOW_UPDATE, 0, 0, more));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("close", () => this.#closeStreams());
    // A broken socket closes, which is where it is dealt with.
    socket.on("error", () => undefined);
  }

  /** Open streams. */
  *streams(): Iterable<Stream> {
    for (const id in this.#streams) yield this.#streams[id]!;
  }

  /** Asks whether the peer is there. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.write(toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)));
  }

  /** Has the client open no more streams, and closes after the last one. */
  close(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#goAway(ErrorCode.NO_ERROR, "");
    if (this.#count === 0) this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // What streams need.

  get room(): number {
    return this.#output.isFull ? 0 : this.#sendWindow;
  }

  write(bytes: Uint8Array): void {
    this.#output.write(bytes);
  }

  spend(bytes: number): void {
    this.#sendWindow -= bytes;
  }

  queue(stream: Stream): void {
    if (this.#queue.size === 0) while (this.room > 0) if (!stream.sendNext()) return;
    this.#queue.add(stream);
  }

  refund(bytes: number): void {
    this.#used += bytes;
    if (this.#used < CONNECTION_WINDOW_BYTES / 2 || this.#isOver) return;
    this.write(toFrame(FrameType.WINDOW_UPDATE, 0, 0, uint32(this.#used)));
    this.#receiveWindow += this.#used;
    this.#used = 0;
  }

  remove(stream: Stream): void {
    this.#queue.delete(stream);
    delete this.#streams[stream.id];
    this.#count--;
    if (this.#isLeaving && this.#count === 0) this.#end();
  }

  /** One frame of each stream in turn, as long as the client takes them. */
  #sendQueued(): void {
    for (const stream of this.#queue) {
      if (this.room <= 0) return;
      this.#queue.delete(stream);
      if (stream.sendNext()) this.#queue.add(stream);
    }
  }

  // What is read.

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#giveUp(error.code, error.message);
    }
    // It is full then, and will say when there is room.
    if (this.#output.length > MAX_UNREAD_BYTES) this.#socket.pause();
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#isOver) return;
    if (!this.#isGreeted) {
      expect(type === FrameType.SETTINGS && (flags & Flag.ACK) === 0, "SETTINGS must come first");
      this.#isGreeted = true;
    }
    this.#blocks.expectFrame(type, id);
    if (type === FrameType.DATA) this.#takeData(flags, id, payload);
    else if (type === FrameType.HEADERS) this.#takeBlock(this.#blocks.begin(flags, id, payload));
    else if (type === FrameType.CONTINUATION)
      this.#takeBlock(this.#blocks.continue(flags, payload));
    else if (type === FrameType.SETTINGS) this.#takeSettings(flags, id, payload);
    else if (type === FrameType.WINDOW_UPDATE) this.#takeWindowUpdate(id, payload);
    else if (type === FrameType.RST_STREAM) this.#takeReset(id, payload);
    else if (type === FrameType.PING) this.#takePing(flags, id, payload);
    else if (type === FrameType.PRIORITY) {
      expect(id !== 0, "PRIORITY is of a stream");
      expectLength(payload, 5);
    } else if (type === FrameType.GOAWAY) expect(id === 0, "GOAWAY is of the connection");
    else expect(type !== FrameType.PUSH_PROMISE, "a client pushes nothing");
  }

  #takeData(flags: number, id: number, payload: Buffer): void {
    this.#expectOpened(id);
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "more came than the window takes");
    }
    const bytes = withoutPadding(flags, payload);
    const stream = this.#streams[id];
    // A client may not know yet that the stream is closed.
    if (stream === undefined) return this.refund(payload.length);
    if (stream.isEnded) {
      this.refund(payload.length);
      return this.#break(stream, ErrorCode.STREAM_CLOSED);
    }
    if (!stream.take(bytes, payload.length)) {
      this.refund(payload.length);
      return this.#break(stream, ErrorCode.FLOW_CONTROL_ERROR);
    }
    if ((flags & Flag.END_STREAM) !== 0 && !stream.isClosed) stream.takeEnd();
  }

  #takeBlock(block: HeaderBlock | undefined): void {
    if (block === undefined) return;
    const { stream: id, isLast, fields } = block;
    const open = this.#streams[id];
    if (open !== undefined) {
      // Trailers, of which gRPC's clients send none that matter.
      if (open.isEnded) this.#break(open, ErrorCode.STREAM_CLOSED);
      else if (!isLast) this.#break(open, ErrorCode.PROTOCOL_ERROR);
      else open.takeEnd();
      return;
    }
    // Trailers of a stream that was closed here meanwhile.
    if (id <= this.#lastStream) return;
    if (this.#isLeaving || this.#count >= MAX_STREAMS) {
      this.#lastStream = id;
      return this.#reset(id, ErrorCode.REFUSED_STREAM);
    }
    this.#lastStream = id;
    const stream = new Stream(this, id, fields.headers, this.#streamWindow);
    this.#streams[id] = stream;
    this.#count++;
    if (fields.isTooLarge) stream.respond(TOO_LARGE, true);
    else if (!fields.isRequest) this.#break(stream, ErrorCode.PROTOCOL_ERROR);
    else {
      this.#onStream(stream);
      if (isLast && !stream.isClosed) stream.takeEnd();
    }
  }

  #takeReset(id: number, payload: Buffer): void {
    this.#expectOpened(id);
    expectLength(payload, 4);
    const stream = this.#streams[id];
    if (stream === undefined) return;
    this.#countReset();
    stream.close();
  }

  #takeSettings(flags: number, id: number, payload: Buffer): void {
    expect(id === 0, "SETTINGS are of the connection");
    if ((flags & Flag.ACK) !== 0) return expectLength(payload, 0);
    if (payload.length % 6 !== 0) throw sizeError();
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
    this.write(toFrame(FrameType.SETTINGS, Flag.ACK, 0));
  }

  #set(id: number, value: number): void {
    if (id === Setting.ENABLE_PUSH) expect(value <= 1, "ENABLE_PUSH is 0 or 1");
    else if (id === Setting.MAX_FRAME_SIZE) {
      expect(value >= MAX_FRAME_BYTES && value < 2 ** 24, "MAX_FRAME_SIZE is out of its range");
      // Longer frames would only keep other streams waiting.
      this.maxFrameBytes = Math.min(value, 4 * MAX_FRAME_BYTES);
    } else if (id === Setting.INITIAL_WINDOW_SIZE) {
      if (value > MAX_WINDOW_BYTES) throw windowError();
      const more = value - this.#streamWindow;
      this.#streamWindow = value;
      for (const stream of this.streams()) {
        if (!stream.widen(more, MAX_WINDOW_BYTES)) throw windowError();
      }
    }
  }

  #takeWindowUpdate(id: number, payload: Buffer): void {
    expectLength(payload, 4);
    const more = payload.readUInt32BE() & 0x7fffffff;
    if (id === 0) {
      expect(more > 0, "a window must grow");
      this.#sendWindow += more;
      if (this.#sendWindow > MAX_WINDOW_BYTES) throw windowError();
      return this.#sendQueued();
    }
    this.#expectOpened(id);
    const stream = this.#streams[id];
    if (stream === undefined) return;
    if (more === 0) this.#break(stream, ErrorCode.PROTOCOL_ERROR);
    else if (!stream.widen(more, MAX_WINDOW_BYTES)) {
      this.#break(stream, ErrorCode.FLOW_CONTROL_ERROR);
    }
  }

  #takePing(flags: number, id: number, payload: Buffer): void {
    expect(id === 0, "PING is of the connection");
    expectLength(payload, 8);
    if ((flags & Flag.ACK) === 0) this.write(toFrame(FrameType.PING, Flag.ACK, 0, payload));
    else this.#onPong?.();
  }

  #expectOpened(id: number): void {
    expect(id !== 0 && id % 2 === 1 && id <= this.#lastStream, "the stream was never opened");
  }

  // How things end.

  /** Breaks a stream off that the client has done something wrong on. */
  #break(stream: Stream, code: ErrorCode): void {
    this.#countReset();
    stream.reset(code);
  }

  #reset(id: number, code: ErrorCode): void {
    this.#countReset();
    this.write(toFrame(FrameType.RST_STREAM, 0, id, uint32(code)));
  }

  /** Streams that are opened to be broken off cost their client nothing, and the server a call. */
  #countReset(): void {
    if (this.#resets.take()) return;
    throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many streams were broken off");
  }

  #goAway(code: ErrorCode, problem: string): void {
    const payload = Buffer.concat([uint32(this.#lastStream), uint32(code), Buffer.from(problem)]);
    this.write(toFrame(FrameType.GOAWAY, 0, 0, payload));
  }

  #giveUp(code: ErrorCode, problem: string): void {
    this.#goAway(code, problem);
    this.#isOver = true;
    this.#closeStreams();
    this.#end();
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#isOver = true;
    this.#output.end();
    // A client that reads nothing more would hold the socket.
    const timer = setTimeout(() => this.#socket.destroy(), CLOSING_MS);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  #closeStreams(): void {
    this.#isOver = true;
    for (const stream of this.streams()) stream.close();
  }
}
