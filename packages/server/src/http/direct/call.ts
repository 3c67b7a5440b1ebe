import type { IncomingHttpHeaders } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { fail, LongshoreError } from "@longshore/core";
import type { Leave } from "../activeRequests.ts";
import type { ServerContext } from "../app.ts";
import { toErrorAnswer } from "../errorHandler.ts";
import { ClientGone, type InferenceAnswer } from "../inferenceRoute.ts";
import { levelOf, requestIdOf, roundMs, type LogRequest } from "../requestLog.ts";
import type { FindRoute, Match } from "./match.ts";

/** What all calls share. */
export interface DirectService {
  readonly context: ServerContext & { readonly logRequest: LogRequest };
  readonly logger: FastifyBaseLogger;
  readonly find: FindRoute;
}

/** The head of a call, and the way back to who made it. */
export interface CallOrigin {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  /** Sends the one answer of a call; {@link DirectCall.close} is due when it is gone. */
  send(requestId: string, status: number, answer: InferenceAnswer): void;
}

/** One call, from its head to its line in the log, whoever reads it from the network. */
export class DirectCall {
  readonly #service: DirectService;
  readonly #origin: CallOrigin;
  readonly #requestId: string;
  readonly #startedAt = performance.now();
  readonly #signal = new ClientGone();
  #leave: Leave | undefined;
  #failure: LongshoreError | undefined;

  constructor(service: DirectService, origin: CallOrigin) {
    this.#service = service;
    this.#origin = origin;
    this.#requestId = requestIdOf(origin);
  }

  /** Lets the call in, before its body is read; one too many is answered at once. */
  admit(bodyBytes: number): boolean {
    try {
      this.#leave = this.#service.context.active.admit(bodyBytes);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  answer({ route, params }: Match, body: Uint8Array): void {
    const { path, headers } = this.#origin;
    const call = { params, path, headers, id: this.#requestId, body, signal: this.#signal };
    route.answer(call).then(
      (answer) => this.#send(200, answer),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The call is over: its answer is gone, or the connection was lost before. To be called once. */
  close(isAnswered: boolean): void {
    this.#leave?.();
    if (!isAnswered) {
      this.#signal.abort();
      this.#failure ??= fail("CANCELLED");
    }
    const status = this.#failure?.status ?? 200;
    this.#service.context.logRequest(levelOf(status), {
      requestId: this.#requestId,
      method: "POST",
      url: this.#origin.path,
      status,
      ms: roundMs(performance.now() - this.#startedAt),
      ...(this.#failure && { error: this.#failure.code }),
    });
  }

  #fail(error: unknown): void {
    const known = error instanceof LongshoreError ? error : fail("INTERNAL");
    const requestId = this.#requestId;
    if (known !== error) {
      this.#service.logger.error({ err: error, requestId }, (error as Error).message);
    }
    this.#failure = known;
    this.#send(known.status, toErrorAnswer(known, requestId));
  }

  #send(status: number, answer: InferenceAnswer): void {
    sendTogether(() => this.#origin.send(this.#requestId, status, answer));
  }
}

let waiting: (() => void)[] = [];

/**
 * Writes the answers of one batch one right after the other, when all of them are ready: each write
 * that finds its client asleep costs a wake-up, and a client on the same machine sleeps again while
 * the next answer is still being encoded.
 */
function sendTogether(send: () => void): void {
  if (waiting.push(send) > 1) return;
  process.nextTick(() => {
    const sends = waiting;
    waiting = [];
    for (const each of sends) each();
  });
}
