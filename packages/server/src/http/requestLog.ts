import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { IncomingMessage } from "node:http";
import type { ErrorCode } from "@longshore/core";

declare module "fastify" {
  interface FastifyReply {
    /** Code of the error that was answered, for the log. */
    failure: ErrorCode | undefined;
  }
  interface FastifyContextConfig {
    /** Probes and scrapes: logged at debug only. */
    quiet?: boolean;
  }
}

/** What the log says of a request that is over. */
export interface RequestEntry {
  readonly requestId: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Milliseconds from its headers to the last byte of its answer, in thousandths. */
  readonly ms: number;
  /** Code of the error that was answered. */
  readonly error?: ErrorCode | undefined;
}

export type RequestLevel = "debug" | "info" | "warn" | "error";

/** Writes one line. */
export type LogRequest = (level: RequestLevel, entry: RequestEntry) => void;

/** Lines through a logger of any kind. */
export function logRequestsTo(logger: FastifyBaseLogger): LogRequest {
  return (level, entry) => logger[level](entry, "request");
}

/** Counts errors of the requests that are logged, whatever the level of the log. */
export function countErrors(
  metrics: { countError(code: ErrorCode): void },
  logRequest: LogRequest,
): LogRequest {
  return (level, entry) => {
    if (entry.error !== undefined) metrics.countError(entry.error);
    logRequest(level, entry);
  };
}

export function levelOf(status: number, quiet = false): RequestLevel {
  if (status >= 500) return "error";
  if (status >= 400) return "warn";
  return quiet ? "debug" : "info";
}

export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** One line a request, when it is over; answers carry the id that finds it. */
export function logRequests(app: FastifyInstance, log: LogRequest): void {
  app.decorateReply("failure", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { statusCode: status, failure } = reply;
    log(levelOf(status, request.routeOptions.config.quiet), {
      requestId: request.id,
      method: request.method,
      url: request.url,
      status,
      ms: roundMs(reply.elapsedTime),
      ...(failure === undefined ? undefined : { error: failure }),
    });
    done();
  });
}

/** Tells the ids of this process from those of another one in the same log. */
const PROCESS_ID = Math.floor(Math.random() * 36 ** 6).toString(36);
let count = 0;

/**
 * The id of a request: the caller's `x-request-id`, else the trace id of its `traceparent` (W3C
 * Trace Context), else a new one.
 */
export function requestIdOf(request: Pick<IncomingMessage, "headers">): string {
  const own = request.headers["x-request-id"];
  if (typeof own === "string" && /^[\x21-\x7e]{1,128}$/.test(own)) return own;
  const trace = request.headers["traceparent"];
  if (typeof trace === "string") {
    const id = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(trace)?.[1];
    if (id !== undefined && !/^0+$/.test(id)) return id;
  }
  count += 1;
  return `${PROCESS_ID}-${count.toString(36)}`;
}
