import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { fail, toErrorBody } from "@longshore/core";
import type { Socket } from "node:net";
import { longshoreApp, type ServerContext } from "./app.ts";
import { requestIdOf } from "./requestLog.ts";

/**
 * Makes the HTTP server, not yet listening.
 *
 * @param logger a pino logger, or one with the same methods.
 */
export async function createHttpServer(
  context: ServerContext,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const { clientTimeoutMs } = context.limits;
  const app = fastify({
    loggerInstance: logger,
    // One logger for all requests: making a child for each costs as much as writing its line.
    childLoggerFactory: () => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestTimeout: clientTimeoutMs,
    keepAliveTimeout: 75_000,
    // Open connections are closed when their last answer was sent; none is accepted any more.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    clientErrorHandler: answerBrokenRequest,
    http: { headersTimeout: clientTimeoutMs, connectionsCheckingInterval: 1_000 },
  });
  dropSlowReaders(app, clientTimeoutMs);
  await app.register(longshoreApp, context);
  return app;
}

/** An answer up to this fits into the socket's buffers: it is gone when it was written. */
const SMALL_ANSWER_BYTES = 65_536;

/** A client that does not take a large answer loses the connection, so that it holds no memory. */
function dropSlowReaders(app: FastifyInstance, timeoutMs: number): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    const size = typeof payload === "string" || Buffer.isBuffer(payload) ? payload.length : 0;
    if (size > SMALL_ANSWER_BYTES) {
      const { socket } = request.raw;
      // Without a listener of its own, Node closes a connection on which nothing moves so long.
      socket.setTimeout(timeoutMs);
      reply.raw.once("finish", () => socket.setTimeout(0));
    }
    done(null, payload);
  });
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

/** What is not even HTTP still gets an answer in the catalogue's form. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const line = STATUS_LINES[error.code ?? ""] ?? "400 Bad Request";
  const problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "the request did not arrive in time; send it without pauses"
      : `the request is not valid HTTP: ${error.message}`;
  const body = JSON.stringify(toErrorBody(fail("NOT_ACCEPTED", { problem }), ""));
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
