/** For tests: a server whose streams the test answers, and a client that sends whatever it is told. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Connection } from "./connection.ts";
import { toBlock } from "./responseFields.ts";
import type { Stream, StreamListener } from "./stream.ts";
import { Flag, FrameType, PREFACE, toFrame } from "./wire.ts";

/** What came on a stream, which answers with `ok` and all it got once the client has sent its last. */
export class Echo implements StreamListener {
  readonly stream: Stream;
  readonly chunks: Buffer[] = [];
  isEnded = false;
  /** Whether the answer was sent; undefined while the stream is open. */
  isSent: boolean | undefined;

  constructor(stream: Stream) {
    this.stream = stream;
    stream.listen(this);
  }

  onData(bytes: Buffer): void {
    this.chunks.push(bytes);
  }

  onEnd(): void {
    this.isEnded = true;
    if (this.stream.headers[":path"] === "/silent") return;
    const head = toBlock({ ":status": 200 });
    this.stream.answer(head, Buffer.concat(this.chunks), toBlock({ "x-end": "yes" }));
  }

  onClose(isSent: boolean): void {
    this.isSent = isSent;
  }

  look(): void {}
  stop(): void {}
}

export interface EchoServer extends AsyncDisposable {
  readonly port: number;
  /** Of all connections, oldest first. */
  readonly streams: readonly Echo[];
  readonly connections: readonly Connection[];
  readonly sockets: readonly Socket[];
}

export async function startEcho(): Promise<EchoServer> {
  const streams: Echo[] = [];
  const connections: Connection[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    connections.push(new Connection(socket, (stream) => void streams.push(new Echo(stream))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    streams,
    connections,
    sockets,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A connection on which a test says every byte. */
export class RawClient implements Disposable {
  readonly frames: Frame[] = [];
  isClosed = false;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => {
      let rest = Buffer.concat([this.#rest, chunk]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3);
        const [type, flags] = [rest[3]!, rest[4]!];
        const payload = rest.subarray(9, end);
        this.frames.push({ type, flags, stream: rest.readUInt32BE(5), payload });
        rest = rest.subarray(end);
      }
      this.#rest = rest;
      this.#wake();
    });
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** The preface, and settings that change nothing. */
  greet(settings: Uint8Array = new Uint8Array(0)): this {
    return this.send(PREFACE, toFrame(FrameType.SETTINGS, 0, 0, settings));
  }

  send(...bytes: readonly Uint8Array[]): this {
    this.#socket.write(Buffer.concat(bytes));
    return this;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  /** The first frame that is so, also of those that came before. @throws Error when none comes. */
  async frame(isIt: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(isIt);
      if (found !== undefined) return found;
      if (this.isClosed) throw new Error("the connection was closed");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The header block of a request. */
export function requestBlock(path = "/echo", more: Readonly<Record<string, string>> = {}): Buffer {
  return toBlock({ ":method": "POST", ":scheme": "http", ":path": path, ...more });
}

/** HEADERS of a request. */
export function headers(stream: number, flags: number = Flag.END_STREAM, path?: string): Buffer {
  return toFrame(FrameType.HEADERS, Flag.END_HEADERS | flags, stream, requestBlock(path));
}

export function data(stream: number, text: string | Uint8Array, flags = 0): Buffer {
  return toFrame(FrameType.DATA, flags, stream, Buffer.from(text));
}
