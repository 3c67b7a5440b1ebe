import type { FastifyInstance } from "fastify";
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

/** One line a request, when it is over; answers carry the id that finds it. */
export function logRequests(app: FastifyInstance): void {
  app.decorateReply("failure", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { statusCode, failure } = reply;
    const line = {
      requestId: request.id,
      method: request.method,
      url: request.url,
      status: statusCode,
      ms: Math.round(reply.elapsedTime * 1000) / 1000,
      ...(failure === undefined ? undefined : { error: failure }),
    };
    if (statusCode >= 500) request.log.error(line, "request");
    else if (statusCode >= 400) request.log.warn(line, "request");
    else if (request.routeOptions.config.quiet === true) request.log.debug(line, "request");
    else request.log.info(line, "request");
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
