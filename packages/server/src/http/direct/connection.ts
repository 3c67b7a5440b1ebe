import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { answerBrokenRequest, endGently } from "../brokenRequests.ts";
import type { InferenceAnswer } from "../inferenceRoute.ts";
import { KEEP_ALIVE_S, toAnswerBytes } from "./answerText.ts";
import { DirectCall, type CallOrigin, type DirectService } from "./call.ts";
import type { Match } from "./match.ts";
import { readRequestHead, type RequestHead } from "./requestHead.ts";

/** A little longer than clients are told, as theirs are on the way. */
const MAX_IDLE_MS = (KEEP_ALIVE_S + 1) * 1_000;

/** What a connection needs of those who accept it. */
export interface ConnectionOwner {
  readonly service: DirectService;
  /** Answers a request without a body. */
  ask(head: RequestHead): Promise<{ readonly status: number; readonly answer: InferenceAnswer }>;
  /** Takes over a connection with a request that is not plain, or has a body and another route. */
  handOver(connection: DirectConnection, socket: Socket, received: Buffer): void;
  /** Told that the socket is closed. */
  closed(connection: DirectConnection): void;
}

/** The request that is being received or answered. */
interface Current {
  /** Of a call of inference. */
  readonly called: { readonly call: DirectCall; readonly match: Match } | undefined;
  /** What came of the body, while more is to come. */
  readonly chunks: Uint8Array[];
  /** Bytes of the body that are to come. */
  missing: number;
  /** Whether it was refused: then its body is passed over. */
  readonly isRefused: boolean;
  /** Whether its answer was handed to the socket whole. */
  isAnswered: boolean;
}

/**
 * A client's connection, as long as its requests are plain: one after another, each answered before
 * the next one is looked at. The first other one goes to Node, with the connection.
 *
 * It is itself the origin of its call: there is one at a time.
 */
export class DirectConnection implements CallOrigin {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  #current: Current | undefined;
  /** What came after the current request. */
  #next: Buffer | undefined;
  /** When the wait for the client began: for its first or next request, or the rest of a body. */
  #waitingSince = performance.now();
  #isFirst = true;
  /** The head of the last request and its bytes: the next one is most often the same. */
  #head: RequestHead | undefined;
  #headBytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = socket;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", ignore);
    socket.on("timeout", this.#onTimeout);
    socket.on("close", this.#onClose);
  }

  get path(): string {
    return this.#head!.path;
  }

  get headers(): IncomingHttpHeaders {
    return this.#head!.headers;
  }

  /** Whether nothing of a request is here, nor was for so long. */
  isIdleSince(time: number): boolean {
    return this.#current === undefined && this.#waitingSince <= time;
  }

  /** Closes it where the client has taken too long. */
  check(now: number): void {
    const waited = now - this.#waitingSince;
    const { clientTimeoutMs } = this.#owner.service.context.limits;
    if (this.#current === undefined && !this.#isFirst) {
      if (waited > MAX_IDLE_MS) this.#socket.destroy();
    } else if ((this.#current?.missing ?? 1) > 0 && waited > clientTimeoutMs) {
      const error = Object.assign(new Error(), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
      answerBrokenRequest(error, this.#socket);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  send(requestId: string | undefined, status: number, answer: InferenceAnswer): void {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) return;
    const isLast = this.#owner.service.context.isStopping();
    for (const piece of toAnswerBytes(requestId, status, answer, isLast)) socket.write(piece);
    if (socket.writableLength === 0) return this.#sent(isLast);
    // A client that does not take its answer loses the connection, so that it holds no memory.
    socket.setTimeout(this.#owner.service.context.limits.clientTimeoutMs);
    // Its turn comes after everything before it was taken.
    socket.write("", (error) => {
      if (error) return;
      socket.setTimeout(0);
      this.#sent(isLast);
    });
  }

  #sent(isLast: boolean): void {
    const current = this.#current!;
    current.isAnswered = true;
    current.called?.call.close(true);
    if (isLast) this.#end();
    else if (current.missing === 0) this.#takeNext();
  }

  /** Whatever else comes is passed over: the client was told that it will not be answered. */
  #end(): void {
    this.#socket.off("data", this.#onData);
    this.#socket.resume();
    endGently(this.#socket);
  }

  #takeNext(): void {
    this.#current = undefined;
    this.#waitingSince = performance.now();
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#socket.resume();
    this.#begin(next);
  }

  readonly #onData = (received: Buffer): void => {
    if (this.#current === undefined) this.#begin(received);
    else if (this.#current.missing > 0) this.#receive(this.#current, received);
    else this.#keep(received);
  };

  /** Nothing more is read than what came already, until the current request is answered. */
  #keep(received: Buffer): void {
    this.#next = this.#next === undefined ? received : Buffer.concat([this.#next, received]);
    this.#socket.pause();
  }

  #begin(received: Buffer): void {
    const { service } = this.#owner;
    const head = this.#readHead(received);
    if (head === undefined) return this.#handOver(received);
    if (head.method === "GET") return this.#ask(head, received);
    const { maxBodyBytes } = service.context.limits;
    const match = head.bodyBytes > maxBodyBytes ? undefined : service.find(head.path);
    if (match === undefined) return this.#handOver(received);
    const call = new DirectCall(service, this);
    const isRefused = !call.admit(head.bodyBytes);
    this.#take({ call, match }, isRefused, head, received);
  }

  /** What clients ask between calls, such as whether the server is ready, costs no connection. */
  #ask(head: RequestHead, received: Buffer): void {
    this.#take(undefined, false, head, received);
    this.#owner.ask(head).then(
      ({ status, answer }) => this.send(undefined, status, answer),
      // The server closes.
      () => this.destroy(),
    );
  }

  #take(
    called: Current["called"],
    isRefused: boolean,
    { bytes, bodyBytes }: RequestHead,
    received: Buffer,
  ): void {
    this.#isFirst = false;
    this.#waitingSince = performance.now();
    this.#current = { called, isRefused, chunks: [], missing: bodyBytes, isAnswered: false };
    this.#receive(this.#current, received.subarray(bytes));
  }

  #readHead(received: Buffer): RequestHead | undefined {
    const { length } = this.#headBytes;
    const isSame =
      length > 0 && length <= received.length && this.#headBytes.compare(received, 0, length) === 0;
    if (isSame) return this.#head;
    this.#head = readRequestHead(received);
    // A copy: what was received is much longer than its head.
    this.#headBytes = Buffer.from(received.subarray(0, this.#head?.bytes ?? 0));
    return this.#head;
  }

  /** Takes what is there of the current request's body; answers when that is all. */
  #receive(current: Current, received: Buffer): void {
    const body =
      received.length > current.missing ? received.subarray(0, current.missing) : received;
    if (body.length < received.length) this.#keep(received.subarray(current.missing));
    current.missing -= body.length;
    if (current.isRefused) {
      if (current.missing === 0 && current.isAnswered) this.#takeNext();
      return;
    }
    const { called, chunks, missing } = current;
    if (body.length > 0) chunks.push(body);
    if (missing > 0 || called === undefined) return;
    called.call.answer(called.match, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }

  #handOver(received: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("error", ignore);
    socket.off("timeout", this.#onTimeout);
    socket.off("close", this.#onClose);
    this.#owner.handOver(this, socket, received);
  }

  /** The client sends no more: it is gone, or was in the middle of a request. */
  readonly #onEnd = (): void => {
    if ((this.#current?.missing ?? 0) > 0) {
      const error = Object.assign(new Error(), { code: "HPE_INVALID_EOF_STATE" });
      answerBrokenRequest(error, this.#socket);
    } else this.#socket.destroy();
  };

  readonly #onTimeout = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined && !current.isAnswered) current.called?.call.close(false);
    this.#owner.closed(this);
  };
}

/** A broken socket closes, which is where it is dealt with. */
function ignore(): void {}
