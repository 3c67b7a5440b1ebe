import type { IncomingHttpHeaders } from "node:http2";
import { fail, LongshoreError, type ErrorCode } from "@longshore/core";
import type { ActiveRequests, Leave } from "../../http/activeRequests.ts";
import { ClientGone } from "../../http/inferenceRoute.ts";
import type { Limits } from "../../http/limits.ts";
import { levelOf, requestIdOf, roundMs, type LogRequest } from "../../http/requestLog.ts";
import { blockMaker, toBlock } from "../http2/responseFields.ts";
import type { Stream, StreamListener } from "../http2/stream.ts";
import { ErrorCode as Reset } from "../http2/wire.ts";
import { ENCODINGS, MessageReader, PREFIX_BYTES, type Encoding } from "./messageReader.ts";
import type { CallContext, Chunks, Method } from "./method.ts";
import { parseTimeout, toTrailers } from "./status.ts";

/** What the calls of a server share. */
export interface CallEnvironment {
  readonly limits: Limits;
  readonly active: ActiveRequests;
  readonly logRequest: LogRequest;
  /** Told of what is a bug: it is no error of the catalogue. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** Told of what the client sends. */
export interface CallListener {
  /** @param leave says that the message is answered. */
  onMessage(bytes: Uint8Array, leave: Leave): void;
  /** The client sends no more. */
  onEnd(): void;
  /** A message came that may not be handled now, and was passed over. */
  onRefused(error: LongshoreError): void;
  /** Nothing more can be read. */
  onBroken(error: LongshoreError): void;
}

const toHead = blockMaker({ ":status": 200, "content-type": "application/grpc" }, "x-request-id");
const OK_TRAILERS = toBlock(toTrailers(undefined));

const nobody: Leave = () => undefined;

/** Up to this, pieces of a message are copied together: one frame costs less than two. */
const SMALL_PIECE_BYTES = 16_384;

/** One call: an HTTP/2 stream, from its headers to its line in the log. */
export class Call implements CallContext, StreamListener {
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  readonly signal: ClientGone = new ClientGone();
  readonly deadline: number | undefined;
  readonly method: Method;
  readonly #environment: CallEnvironment;
  readonly #stream: Stream;
  readonly #startedAt = performance.now();
  #failure: LongshoreError | undefined;
  #ended = false;
  /** Reasons not to read on. */
  #holds = 0;
  #reader: MessageReader | undefined;
  /** What is awaited, since when: anything of the client, the rest of a message; 0 for nothing. */
  #awaitedSince = 0;
  #partialSince = 0;
  /** Since when the client takes nothing; 0 where it does. */
  #blockedSince = 0;
  #closed = false;
  #listener: CallListener | undefined;
  /** Messages that count against the limits of concurrency. */
  readonly #entered: Leave[] = [];
  readonly #onClosed: (() => void)[] = [];

  constructor(environment: CallEnvironment, stream: Stream, method: Method) {
    const { headers } = stream;
    this.#environment = environment;
    this.#stream = stream;
    this.method = method;
    this.headers = headers;
    this.id = requestIdOf({ headers });
    const timeoutMs = parseTimeout((headers["grpc-timeout"] as string | undefined) ?? "");
    this.deadline = timeoutMs === undefined ? undefined : this.#startedAt + timeoutMs;
    stream.listen(this);
  }

  /** Whether the status was sent or the client is gone: nothing can be said any more. */
  get isOver(): boolean {
    return this.#ended || this.#stream.isClosed;
  }

  /** Reads what the client sends. */
  read(listener: CallListener): void {
    const { limits, active } = this.#environment;
    const encoding = (this.headers["grpc-encoding"] as string | undefined) ?? "identity";
    if (!isEncoding(encoding)) {
      return this.end(fail("BODY_ENCODING", { encoding, expected: ENCODINGS.join(", ") }));
    }
    const timeout = this.headers["grpc-timeout"] as string | undefined;
    if (timeout !== undefined && this.deadline === undefined) {
      const problem = `"${timeout}" is no time; send up to 8 digits and one of H, M, S, m, u, n`;
      return this.end(fail("HEADER_INVALID", { header: "grpc-timeout", problem }));
    }
    this.#listener = listener;
    let leave: Leave = nobody;
    this.#reader = new MessageReader(limits.maxBodyBytes, encoding, {
      onStart: (length) => {
        if (this.isOver) return false;
        try {
          leave = this.method.limited ? this.#enter(active.admit(length)) : nobody;
          return true;
        } catch (error) {
          listener.onRefused(error as LongshoreError);
          return false;
        }
      },
      onMessage: (bytes) => {
        if (!this.isOver) listener.onMessage(bytes, leave);
      },
      onBroken: (error) => listener.onBroken(error),
      hold: (holds) => this.hold(holds),
    });
    // A dialog may rest for as long as it likes.
    if (this.method.kind !== "dialog") this.#awaitedSince = this.#startedAt;
  }

  onData(bytes: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    reader.push(bytes);
    const now = performance.now();
    if (this.#awaitedSince > 0) this.#awaitedSince = now;
    this.#partialSince = reader.isPartial ? this.#partialSince || now : 0;
  }

  onEnd(): void {
    this.#awaitedSince = this.#partialSince = 0;
    if (this.isOver || this.#listener === undefined) return;
    if (this.#reader?.isPartial) {
      this.#listener.onBroken(fail("MESSAGE_INVALID", { problem: "the stream ended within it" }));
    } else this.#listener.onEnd();
  }

  /** The server stops: what was accepted is answered, and nothing more is read. */
  stop(): void {
    this.#listener?.onBroken(fail("STOPPING"));
  }

  /** Has something done when the stream is closed, however that came. */
  afterwards(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClosed.push(listener);
  }

  /** Stops reading while there is a reason to. */
  hold(holds: boolean): void {
    this.#holds += holds ? 1 : -1;
    if (this.#holds > 0) this.#stream.pause();
    else this.#stream.resume();
  }

  /** Sends a message. @param onSent called when it was handed to the connection, or never will be. */
  send(chunks: Chunks, onSent?: () => void): void {
    if (this.isOver) return onSent?.();
    this.#begin();
    this.#write(toPieces(chunks), onSent);
  }

  /** Sends a message, and that all went well. */
  endWith(chunks: Chunks): void {
    if (this.isOver) return;
    const pieces = toPieces(chunks);
    this.#ended = true;
    if (pieces.length === 1 && !this.#stream.isBegun) {
      return this.#stream.answer(toHead(this.id), pieces[0]!, OK_TRAILERS);
    }
    this.#begin();
    this.#write(pieces, undefined);
    this.#stream.end(OK_TRAILERS);
  }

  /** Ends the call with its status, and what it still sends with it. */
  end(error?: LongshoreError): void {
    if (this.isOver) return;
    this.#failure = error;
    this.#ended = true;
    const trailers = error === undefined ? OK_TRAILERS : toBlock(toTrailers(error));
    if (this.#stream.isBegun) this.#stream.end(trailers);
    else this.#stream.respond(Buffer.concat([toHead(this.id), trailers]), true);
  }

  /** Ends the call with whatever was thrown. */
  fail(error: unknown): void {
    this.end(this.toKnown(error));
  }

  /** An error of the catalogue; what is none is reported, and shown as INTERNAL. */
  toKnown(error: unknown): LongshoreError {
    if (error instanceof LongshoreError) return error;
    this.#environment.onBug(error, this.id);
    return fail("INTERNAL");
  }

  /** Gives up what takes too long. */
  look(now: number): void {
    const { clientTimeoutMs } = this.#environment.limits;
    // While reading is held, the client cannot send.
    const since = this.#holds > 0 ? 0 : this.#partialSince || this.#awaitedSince;
    if (since > 0 && now - since > clientTimeoutMs) this.#endSlow();
    // A unary call's deadline is its request's, which the queue looks after.
    if (this.deadline !== undefined && now > this.deadline && this.method.kind !== "unary") {
      const elapsed = Math.round(now - this.#startedAt);
      this.end(fail("TIMEOUT", { elapsed, model: this.method.name }));
    }
    this.#blockedSince = this.#stream.waitingBytes > 0 ? this.#blockedSince || now : 0;
    if (this.#blockedSince > 0 && now - this.#blockedSince > clientTimeoutMs) {
      this.#stream.reset(Reset.CANCEL);
    }
  }

  #endSlow(): void {
    const { clientTimeoutMs } = this.#environment.limits;
    const problem = `a message was not complete after ${clientTimeoutMs} ms; send it faster`;
    this.end(fail("NOT_ACCEPTED", { problem }));
  }

  /** Writes the line of a call, or of one message in it. */
  log(id: string, startedAt: number, error: LongshoreError | undefined): void {
    const status = error?.status ?? 200;
    this.#environment.logRequest(levelOf(status, this.method.quiet), {
      requestId: id,
      method: "gRPC",
      url: `/${this.method.name}`,
      status,
      ms: roundMs(performance.now() - startedAt),
      ...(error === undefined ? undefined : { error: error.code as ErrorCode }),
    });
  }

  /** What counts is over when that is said, or at the latest when the stream is closed. */
  #enter(leave: Leave): Leave {
    this.#entered.push(leave);
    return () => {
      // Almost always the first: answers are sent in the order of the messages.
      const index = this.#entered.indexOf(leave);
      if (index < 0) return;
      this.#entered.splice(index, 1);
      leave();
    };
  }

  #begin(): void {
    if (!this.#stream.isBegun) this.#stream.respond(toHead(this.id), false);
  }

  #write(pieces: Chunks, onSent: (() => void) | undefined): void {
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) {
      this.#stream.send(piece, index === last ? onSent : undefined);
    }
  }

  /** The last that happens. @param isSent whether the answer was sent, whole. */
  onClose(isSent: boolean): void {
    if (!isSent) {
      this.#failure ??= fail("CANCELLED");
      this.signal.abort();
    }
    this.#closed = true;
    for (const leave of this.#entered.splice(0)) leave();
    for (const listener of this.#onClosed.splice(0)) listener();
    this.log(this.id, this.#startedAt, this.#failure);
  }
}

function isEncoding(text: string): text is Encoding {
  return (ENCODINGS as readonly string[]).includes(text);
}

/** A message behind its prefix: small pieces together, large ones as they are. */
function toPieces(chunks: Chunks): Chunks {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const [first, ...rest] = chunks;
  const joins = length <= SMALL_PIECE_BYTES;
  const together = joins
    ? chunks
    : first !== undefined && first.length <= SMALL_PIECE_BYTES
      ? [first]
      : [];
  let size = PREFIX_BYTES;
  for (const chunk of together) size += chunk.length;
  const head = Buffer.allocUnsafe(size);
  head[0] = 0;
  head.writeUInt32BE(length, 1);
  let at = PREFIX_BYTES;
  for (const chunk of together) {
    head.set(chunk, at);
    at += chunk.length;
  }
  return [head, ...(joins ? [] : together.length > 0 ? rest : chunks)];
}
