import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { fail, LongshoreError } from "@longshore/core";
import { inferenceRoutes, type ServerContext } from "./app.ts";
import { toErrorAnswer } from "./errorHandler.ts";
import type { Leave } from "./activeRequests.ts";
import {
  ClientGone,
  type InferenceAnswer,
  type InferenceCall,
  type InferenceRoute,
} from "./inferenceRoute.ts";
import { remember } from "./remember.ts";
import { levelOf, requestIdOf, roundMs, type LogRequest } from "./requestLog.ts";
import { dropSlowReader } from "./slowReaders.ts";

/**
 * Answers plain calls of the inference routes before Fastify sees them, which takes a quarter off
 * what a call costs the I/O thread. Whatever is odd about a call (an encoding, no length, a query, a
 * body over the limit) is left to Fastify, whose routes give the very same answers.
 *
 * For a server that nobody else hooks into: hooks of the Fastify application are passed over.
 */
export function answerDirectly(
  server: Server,
  context: ServerContext & { readonly logRequest: LogRequest },
  logger: FastifyBaseLogger,
): void {
  const find = remember(toMatcher(inferenceRoutes(context)));
  const others = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const length = plainLength(request, context.limits.maxBodyBytes);
    // While the server closes, Fastify tells clients to close their connections.
    const match = length > 0 && server.listening ? find(request.url ?? "") : undefined;
    if (match === undefined) for (const other of others) other(request, response);
    else new DirectCall(context, logger, request, response).answer(match, length);
  });
}

interface Match {
  readonly route: InferenceRoute;
  readonly params: InferenceCall["params"];
}

/** Finds the route of a path that has neither a query nor an escape. */
function toMatcher(routes: readonly InferenceRoute[]): (url: string) => Match | undefined {
  const patterns = routes.map((route) => ({
    route,
    pattern: new RegExp(
      `^${route.path.replace(/:(\w+)/g, "(?<$1>[\\w.-]+)").replace(/\*$/, "[\\w./:-]+")}$`,
    ),
  }));
  return (url) => {
    for (const { route, pattern } of patterns) {
      const match = pattern.exec(url);
      if (match !== null) return { route, params: (match.groups ?? {}) as { model: string } };
    }
    return undefined;
  };
}

/** A content type that Fastify would not refuse; what it says does not matter. */
const PLAIN_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/;

/** The length of a call's body; 0 for a call that is not plain. */
function plainLength({ method, headers }: IncomingMessage, maxBodyBytes: number): number {
  if (method !== "POST" || !PLAIN_TYPE.test(headers["content-type"] ?? "any/type")) return 0;
  if (headers["content-encoding"] !== undefined || headers.host === undefined) return 0;
  const length = Number(headers["content-length"]);
  return length <= maxBodyBytes ? length : 0;
}

/**
 * Up to this, bytes are sent as a string: Node joins a string, but no buffer, with the headers into
 * one write. Latin-1 keeps every byte as it is.
 */
const SMALL_BODY_BYTES = 16_384;

/** One call, from its headers to its line in the log. */
class DirectCall {
  readonly #context: ServerContext & { readonly logRequest: LogRequest };
  readonly #logger: FastifyBaseLogger;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #requestId: string;
  readonly #startedAt = performance.now();
  readonly #signal = new ClientGone();
  #leave: Leave | undefined;
  #failure: LongshoreError | undefined;

  constructor(
    context: ServerContext & { readonly logRequest: LogRequest },
    logger: FastifyBaseLogger,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#context = context;
    this.#logger = logger;
    this.#request = request;
    this.#response = response;
    this.#requestId = requestIdOf(request);
    response.on("close", () => this.#close());
  }

  answer({ route, params }: Match, length: number): void {
    try {
      this.#leave = this.#context.active.admit(length);
    } catch (error) {
      this.#fail(error);
      return;
    }
    readBody(this.#request, (body) => {
      const { headers } = this.#request;
      const id = this.#requestId;
      const path = this.#request.url ?? "";
      route.answer({ params, path, headers, id, body, signal: this.#signal }).then(
        (answer) => this.#send(200, answer),
        (error: unknown) => this.#fail(error),
      );
    });
  }

  #fail(error: unknown): void {
    const known = error instanceof LongshoreError ? error : fail("INTERNAL");
    if (known !== error)
      this.#logger.error({ err: error, requestId: this.#requestId }, (error as Error).message);
    this.#failure = known;
    this.#send(known.status, toErrorAnswer(known, this.#requestId));
  }

  #send(status: number, answer: InferenceAnswer): void {
    const { body } = answer;
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    dropSlowReader(this.#response, bytes, this.#context.limits.clientTimeoutMs);
    sendTogether(() => {
      const headers = ["x-request-id", this.#requestId];
      for (const name in answer.headers) headers.push(name, answer.headers[name]!);
      headers.push("content-length", `${bytes}`);
      this.#response.writeHead(status, headers);
      if (typeof body === "string") {
        // Of as many bytes as characters: all of it is ASCII, which Latin-1 says in the same bytes.
        this.#response.end(body, bytes === body.length ? "latin1" : "utf8");
      } else if (bytes > SMALL_BODY_BYTES) this.#response.end(body);
      else {
        const text = Buffer.from(body.buffer, body.byteOffset, bytes).toString("latin1");
        this.#response.end(text, "latin1");
      }
    });
  }

  /** The answer was sent, or the connection lost. */
  #close(): void {
    this.#leave?.();
    if (!this.#response.writableFinished) {
      this.#signal.abort();
      this.#failure ??= fail("CANCELLED");
    }
    const status = this.#failure?.status ?? 200;
    this.#context.logRequest(levelOf(status), {
      requestId: this.#requestId,
      method: "POST",
      url: this.#request.url ?? "",
      status,
      ms: roundMs(performance.now() - this.#startedAt),
      ...(this.#failure && { error: this.#failure.code }),
    });
  }
}

/** Gives the whole body once it is there; never if the connection is lost before. */
function readBody(request: IncomingMessage, done: (body: Uint8Array) => void): void {
  let first: Buffer | undefined;
  let all: Buffer[] | undefined;
  request.on("data", (chunk: Buffer) => {
    if (first === undefined) first = chunk;
    else (all ??= [first]).push(chunk);
  });
  request.on("end", () => done(all ? Buffer.concat(all) : (first ?? new Uint8Array(0))));
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
