/** Answers, in the catalogue's form, for requests that never reach a route. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail, toErrorBody, type LongshoreError } from "@longshore/core";
import { sendError } from "./errorHandler.ts";

/** What is wrong with a request that Node could not read, by the code of its error. */
const BROKEN: Readonly<Record<string, readonly [line: string, problem: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "the request did not arrive in time; send it without pauses",
  ],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "the request's headers are too large; send 16 KiB at most",
  ],
  HPE_INVALID_EOF_STATE: [
    "400 Bad Request",
    "the connection was closed in the middle of the request",
  ],
};
/** First byte of a TLS handshake. */
const TLS_HANDSHAKE = 0x16;

/** What is not even HTTP still gets an answer in the catalogue's form. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { rawPacket } = error as { rawPacket?: Uint8Array };
  const isTls = rawPacket?.[0] === TLS_HANDSHAKE;
  const reason = isTls ? "TLS is not spoken here; use http://" : error.message;
  const [line, problem] = BROKEN[error.code ?? ""] ?? [
    "400 Bad Request",
    `the request is not valid HTTP: ${reason}`,
  ];
  refuse(socket, line, fail("NOT_ACCEPTED", { problem }));
}

/** How long a client has for taking the last answer of its connection. */
const LINGER_MS = 1_000;

/** Answers, and ends, a connection that carries no request of Fastify's. */
function refuse(socket: Duplex, line: string, error: LongshoreError): void {
  const body = JSON.stringify(toErrorBody(error, ""));
  socket.write(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  endGently(socket);
}

/**
 * Ends a connection behind its last answer: the client closes it, or has had the time to.
 *
 * Source: RFC 9112, section 9.6.
 */
export function endGently(socket: Duplex): void {
  socket.end();
  // Destroyed at once, it could lose the answer; left to the client, it could stay for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** What Node would answer by itself, without a body, is answered in the catalogue's form too. */
export function answerOddRequests(app: FastifyInstance): void {
  const { server } = app;
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    const parameters = { method: "CONNECT", path: request.url ?? "", allowed: "GET, POST" };
    refuse(socket, "405 Method Not Allowed", fail("METHOD_NOT_ALLOWED", parameters));
  });
  // An expectation that is not understood may be passed over: RFC 9110, section 10.1.1.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

/** Stands in for Node's own check of RFC 9112, section 3.2, which answers without a body. */
export function requireHost(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const isMissing = request.raw.httpVersion === "1.1" && request.headers.host === undefined;
    const problem = "it is missing; HTTP/1.1 needs it";
    done(isMissing ? fail("HEADER_INVALID", { header: "host", problem }) : undefined);
  });
}

/** A path that cannot be decoded never reaches a route, nor its hooks. */
export function answerBadUrl(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header("x-request-id", request.id);
  const problem = `the path ${request.url} is not valid percent-encoded UTF-8`;
  sendError(
    error.code === "FST_ERR_BAD_URL" ? fail("NOT_ACCEPTED", { problem }) : fail("INTERNAL"),
    request,
    reply,
  );
}
