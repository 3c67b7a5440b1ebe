import {
  constants,
  sensitiveHeaders,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { fail, LongshoreError, type ErrorCode } from "@longshore/core";
import type { ActiveRequests, Leave } from "../../http/activeRequests.ts";
import { ClientGone } from "../../http/inferenceRoute.ts";
import type { Limits } from "../../http/limits.ts";
import { levelOf, requestIdOf, roundMs, type LogRequest } from "../../http/requestLog.ts";
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
  /** Has a call looked at now and then that takes its time: one in a stream, or a large one. */
  readonly watch: (call: Call) => void;
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

const UNREPEATED = ["x-request-id"];

const nobody: Leave = () => undefined;

/** Up to this, a message is copied behind its prefix: one write costs less than two. */
const SMALL_MESSAGE_BYTES = 16_384;

/** One call: an HTTP/2 stream, from its headers to its line in the log. */
export class Call implements CallContext {
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  readonly signal: ClientGone = new ClientGone();
  readonly deadline: number | undefined;
  readonly method: Method;
  readonly #environment: CallEnvironment;
  readonly #stream: ServerHttp2Stream;
  readonly #startedAt = performance.now();
  #failure: LongshoreError | undefined;
  #ended = false;
  /** Reasons not to read on. */
  #holds = 0;
  #onReleased: (() => void) | undefined;
  /** Since when a message has been coming in pieces, or the client takes nothing; 0 for neither. */
  #partialSince = 0;
  #blockedSince = 0;
  #closed = false;
  #listener: CallListener | undefined;
  /** Messages that count against the limits of concurrency. */
  readonly #entered: Leave[] = [];
  readonly #onClose: (() => void)[] = [];

  constructor(
    environment: CallEnvironment,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: Method,
  ) {
    this.#environment = environment;
    this.#stream = stream;
    this.method = method;
    this.headers = headers;
    this.id = requestIdOf({ headers });
    const timeoutMs = parseTimeout((headers["grpc-timeout"] as string | undefined) ?? "");
    this.deadline = timeoutMs === undefined ? undefined : this.#startedAt + timeoutMs;
    stream.on("close", () => this.#close());
    // A broken stream closes, which is where it is dealt with.
    stream.on("error", () => undefined);
  }

  /** Whether the status was sent or the client is gone: nothing can be said any more. */
  get isOver(): boolean {
    return this.#ended || this.#stream.closed || this.#stream.destroyed;
  }

  /** Reads what the client sends. */
  read(listener: CallListener): void {
    const { limits, active } = this.#environment;
    const encoding = (this.headers["grpc-encoding"] as string | undefined) ?? "identity";
    if (!isEncoding(encoding)) return this.end(fail("BODY_ENCODING", { encoding }));
    const timeout = this.headers["grpc-timeout"] as string | undefined;
    if (timeout !== undefined && this.deadline === undefined) {
      const problem = `"${timeout}" is no time; send up to 8 digits and one of H, M, S, m, u, n`;
      return this.end(fail("HEADER_INVALID", { header: "grpc-timeout", problem }));
    }
    this.#listener = listener;
    let leave: Leave = nobody;
    const reader = new MessageReader(limits.maxBodyBytes, encoding, {
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
    if (this.method.kind !== "unary") this.#environment.watch(this);
    // A client that sends nothing at all; a message that has begun is looked at below.
    if (this.method.kind !== "dialog") {
      this.#stream.setTimeout(limits.clientTimeoutMs, () => this.#endSlow());
    }
    this.#stream.on("data", (chunk: Uint8Array) => {
      reader.push(chunk);
      if (!reader.isPartial) this.#partialSince = 0;
      else if (this.#partialSince === 0) {
        this.#partialSince = performance.now();
        this.#environment.watch(this);
      }
    });
    const onEnd = (): void => {
      this.#partialSince = 0;
      if (this.method.kind !== "dialog") this.#stream.setTimeout(0);
      if (this.isOver) return;
      if (reader.isPartial) {
        listener.onBroken(fail("MESSAGE_INVALID", { problem: "the stream ended within it" }));
      } else listener.onEnd();
    };
    this.#stream.on("end", () => {
      // A stream that is paused ends all the same when there is nothing more to read.
      if (this.#holds > 0) this.#onReleased = onEnd;
      else onEnd();
    });
  }

  /** The server stops: what was accepted is answered, and nothing more is read. */
  stop(): void {
    this.#listener?.onBroken(fail("STOPPING"));
  }

  /** Has something done when the stream is closed, however that came. */
  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClose.push(listener);
  }

  /** Stops reading while there is a reason to. */
  hold(holds: boolean): void {
    this.#holds += holds ? 1 : -1;
    if (this.#holds > 0) this.#stream.pause();
    else {
      this.#stream.resume();
      this.#onReleased?.();
    }
  }

  /** Sends a message. @param onSent called when it was handed to the connection, or never will be. */
  send(chunks: Chunks, onSent?: () => void): void {
    if (this.isOver) return onSent?.();
    this.#begin();
    this.#write(chunks, onSent);
  }

  /** Sends a message, and that all went well. */
  endWith(chunks: Chunks): void {
    if (this.isOver) return;
    this.#begin();
    const frame = toFrame(chunks);
    this.#ended = true;
    if (frame.length === 1) this.#stream.end(frame[0]);
    else {
      this.#environment.watch(this);
      this.#writeAll(frame, undefined);
      this.#stream.end();
    }
  }

  /** Ends the call with its status, and what it still sends with it. */
  end(error?: LongshoreError): void {
    if (this.isOver) return;
    this.#failure = error;
    this.#ended = true;
    if (this.#stream.headersSent) this.#stream.end();
    else this.#stream.respond({ ...this.#head(), ...toTrailers(error) }, { endStream: true });
    closeLater(this.#stream);
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
    if (this.#partialSince > 0 && now - this.#partialSince > clientTimeoutMs) this.#endSlow();
    // A unary call's deadline is its request's, which the queue looks after.
    if (this.deadline !== undefined && now > this.deadline && this.method.kind !== "unary") {
      const elapsed = Math.round(now - this.#startedAt);
      this.end(fail("TIMEOUT", { elapsed, model: this.method.name }));
    }
    this.#blockedSince = this.#stream.writableLength > 0 ? this.#blockedSince || now : 0;
    if (this.#blockedSince > 0 && now - this.#blockedSince > clientTimeoutMs) {
      this.#stream.close(constants.NGHTTP2_CANCEL);
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

  #head(): OutgoingHttpHeaders {
    return {
      ":status": 200,
      "content-type": "application/grpc",
      "x-request-id": this.id,
      // Never the same again: it would only drive other headers out of the table of HPACK.
      [sensitiveHeaders]: UNREPEATED,
    };
  }

  #begin(): void {
    const stream = this.#stream;
    if (stream.headersSent) return;
    stream.respond(this.#head(), { waitForTrailers: true });
    stream.on("wantTrailers", () => {
      if (!stream.closed) stream.sendTrailers(toTrailers(this.#failure));
    });
  }

  #write(chunks: Chunks, onSent: (() => void) | undefined): void {
    this.#writeAll(toFrame(chunks), onSent);
  }

  #writeAll(frame: Chunks, onSent: (() => void) | undefined): void {
    const last = frame.length - 1;
    if (last > 0) this.#stream.cork();
    for (const [index, piece] of frame.entries()) {
      this.#stream.write(piece, index === last && onSent ? () => onSent() : undefined);
    }
    if (last > 0) this.#stream.uncork();
  }

  #close(): void {
    if (!this.#ended || !this.#stream.writableFinished) {
      this.#failure ??= fail("CANCELLED");
      this.signal.abort();
    }
    this.#closed = true;
    for (const leave of this.#entered.splice(0)) leave();
    for (const listener of this.#onClose.splice(0)) listener();
    this.log(this.id, this.#startedAt, this.#failure);
  }
}

function isEncoding(text: string): text is Encoding {
  return (ENCODINGS as readonly string[]).includes(text);
}

/** What a client may take to see that a call is over before it has sent everything. */
const LINGER_MS = 1_000;

/**
 * Resets a stream whose client goes on sending though it was answered. Not at once, as that would
 * take back an answer that was not sent yet.
 */
export function closeLater(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  stream.resume();
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS);
  stream.once("close", () => clearTimeout(timer));
}

/** A message behind its prefix: in one piece where it is small, else its large pieces as they are. */
function toFrame(chunks: Chunks): Chunks {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const joined = length <= SMALL_MESSAGE_BYTES;
  const head = Buffer.allocUnsafe(PREFIX_BYTES + (joined ? length : 0));
  head[0] = 0;
  head.writeUInt32BE(length, 1);
  if (!joined) return [head, ...chunks];
  let at = PREFIX_BYTES;
  for (const chunk of chunks) {
    head.set(chunk, at);
    at += chunk.length;
  }
  return [head];
}
