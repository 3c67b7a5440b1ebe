/**
 * As much of a client of gRPC over HTTP/2 as load needs: the bytes of requests are laid out once,
 * and of answers only the frames' heads are looked at. A full client would cost more of the machine
 * than the servers that are measured.
 *
 * Source: RFC 9113, "HTTP/2"; RFC 7541, "HPACK", of which only forms without state are sent.
 */
import { connect, type Socket } from "node:net";

const FRAME_HEAD_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const INITIAL_WINDOW_SIZE = 4;
const WINDOW = 2 ** 30;
/** Largest payload of a frame that every peer takes. */
const MAX_FRAME_BYTES = 16_384;

/** Told of what came on the streams. */
export interface WireListener {
  /** Bytes of messages, prefixes included. */
  onData(stream: number, bytes: Uint8Array): void;
  /** The last of a stream: its trailers, or a reset. */
  onEnd(stream: number, whole: boolean): void;
  onBroken(why: string): void;
}

/** A message to send, and how much of it was sent. */
interface Sending {
  head: Buffer | undefined;
  readonly message: Uint8Array;
  readonly stream: number;
  readonly last: boolean;
  at: number;
}

/** One connection. */
export class Wire {
  readonly #socket: Socket;
  readonly #listener: WireListener;
  readonly #headers: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  /** Bytes of data that the server takes before it says that it takes more: in all, and on a stream. */
  #window = 65_535;
  #streamWindow = 65_535;
  /** Of streams, what they take more or less than {@link #streamWindow}. */
  readonly #taken = new Map<number, number>();
  readonly #waiting: Sending[] = [];
  #received = 0;
  #isOver = false;

  /** @param path of the method. */
  constructor(port: number, path: string, listener: WireListener) {
    this.#listener = listener;
    this.#headers = toHeaders(path, `127.0.0.1:${port}`);
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
    settings.writeUInt32BE(WINDOW, 2);
    this.#socket.write(
      Buffer.concat([
        Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        frame(SETTINGS, 0, 0, settings),
        frame(WINDOW_UPDATE, 0, 0, uint32(WINDOW)),
      ]),
    );
    this.#socket.on("data", (bytes: Buffer) => this.#read(bytes));
    this.#socket.on("error", (error) => this.#broken(error.message));
    this.#socket.on("close", () => this.#broken("the server closed the connection"));
  }

  /** Opens a stream and sends a message. @param last whether it is the only one. */
  open(message: Uint8Array, last: boolean): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#send(frame(HEADERS, END_HEADERS, stream, this.#headers), message, stream, last);
    return stream;
  }

  /** Sends one more message on a stream. */
  write(stream: number, message: Uint8Array): void {
    this.#send(undefined, message, stream, false);
  }

  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #send(head: Buffer | undefined, message: Uint8Array, stream: number, last: boolean): void {
    this.#waiting.push({ head, message, stream, last, at: 0 });
    this.#flush();
  }

  /** Sends what the server takes, in the order in which it was to be sent. */
  #flush(): void {
    const frames: Buffer[] = [];
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const { head, message, stream, last } = first;
      if (head !== undefined && first.at === 0) frames.push(head);
      let taken = this.#taken.get(stream) ?? 0;
      while (first.at < message.length) {
        const room = Math.min(MAX_FRAME_BYTES, this.#window, this.#streamWindow - taken);
        const part = message.subarray(first.at, first.at + Math.max(0, room));
        if (part.length === 0) break;
        first.at += part.length;
        this.#window -= part.length;
        taken += part.length;
        const ends = last && first.at === message.length;
        frames.push(frame(DATA, ends ? END_STREAM : 0, stream, part));
      }
      this.#taken.set(stream, taken);
      if (first.at < message.length) {
        first.head = undefined;
        break;
      }
      this.#waiting.shift();
    }
    if (frames.length > 0) this.#socket.write(Buffer.concat(frames));
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= FRAME_HEAD_BYTES) {
      const length = all.readUIntBE(at, 3);
      const end = at + FRAME_HEAD_BYTES + length;
      if (end > all.length) break;
      const stream = all.readUInt32BE(at + 5) & 0x7fffffff;
      this.#take(all[at + 3]!, all[at + 4]!, stream, all.subarray(at + FRAME_HEAD_BYTES, end));
      at = end;
    }
    this.#rest = at === all.length ? Buffer.alloc(0) : all.subarray(at);
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === DATA) {
      this.#received += payload.length;
      if (this.#received > WINDOW / 4) {
        this.#socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(this.#received)));
        this.#received = 0;
      }
      this.#listener.onData(stream, payload);
      if ((flags & END_STREAM) !== 0) this.#end(stream, false);
    } else if (type === HEADERS) {
      if ((flags & END_STREAM) !== 0) this.#end(stream, true);
    } else if (type === RST_STREAM) {
      // With no error: the server has said all there was before.
      if (payload.readUInt32BE() !== 0) this.#end(stream, false);
    } else if (type === SETTINGS) {
      if ((flags & ACK) !== 0) return;
      for (let at = 0; at < payload.length; at += 6) {
        if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) {
          this.#streamWindow = payload.readUInt32BE(at + 2);
        }
      }
      this.#socket.write(frame(SETTINGS, ACK, 0));
      this.#flush();
    } else if (type === PING) {
      if ((flags & ACK) === 0) this.#socket.write(frame(PING, ACK, 0, payload));
    } else if (type === WINDOW_UPDATE) {
      const more = payload.readUInt32BE();
      if (stream === 0) this.#window += more;
      else if (this.#taken.has(stream)) this.#taken.set(stream, this.#taken.get(stream)! - more);
      this.#flush();
    } else if (type === GOAWAY) this.#broken("the server went away");
  }

  #end(stream: number, whole: boolean): void {
    this.#taken.delete(stream);
    this.#listener.onEnd(stream, whole);
  }

  #broken(why: string): void {
    if (this.#isOver) return;
    this.destroy();
    this.#listener.onBroken(why);
  }
}

function frame(type: number, flags: number, stream: number, payload?: Uint8Array): Buffer {
  const length = payload?.length ?? 0;
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  if (payload !== undefined) bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The header block of a call: fields of the static table, or literals that are not indexed. */
function toHeaders(path: string, authority: string): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x04]), // :path
    text(path),
    Buffer.from([0x01]), // :authority
    text(authority),
    Buffer.from([0x0f, 0x10]), // content-type
    text("application/grpc"),
    Buffer.from([0x00]),
    text("te"),
    text("trailers"),
  ]);
}
