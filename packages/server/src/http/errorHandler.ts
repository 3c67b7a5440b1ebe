import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail, LongshoreError, toErrorBody } from "@longshore/core";
import { JSON_TYPE, type InferenceAnswer } from "./inferenceRoute.ts";

/** Seconds after which a client that was turned away may try again. */
const RETRY_AFTER_S = 1;

/** Gives every error the form of the catalogue, whoever threw it. */
export function handleErrors(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", (route) => {
    const known = methods.get(route.url) ?? new Set();
    for (const method of [route.method].flat()) known.add(method);
    methods.set(route.url, known);
  });

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toCatalogue(error, request);
    if (known.code === "INTERNAL")
      request.log.error({ err: error, requestId: request.id }, error.message);
    return sendError(known, request, reply);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    const { method } = request;
    const docs = docsFor(request, path, app.prefix);
    if (docs !== undefined) return reply.redirect(docs);
    const allowed = [...methods]
      .filter(([pattern]) => matches(pattern, path))
      .flatMap(([, set]) => [...set]);
    if (allowed.length === 0)
      return sendError(fail("ROUTE_UNKNOWN", { method, path }), request, reply);
    reply.header("allow", allowed.join(", "));
    const error = fail("METHOD_NOT_ALLOWED", { method, path, allowed: allowed.join(", ") });
    return sendError(error, request, reply);
  });
}

/** Where the page is that a browser means by the server's own address; undefined for all else. */
function docsFor(
  { method, headers }: FastifyRequest,
  path: string,
  prefix: string,
): string | undefined {
  if (method !== "GET" || (path !== prefix && path !== `${prefix}/`)) return undefined;
  if (!/\btext\/html\b/i.test(headers.accept ?? "")) return undefined;
  // Relative, so that it leads there behind a proxy that has a prefix of its own, too.
  return `${path.slice(path.lastIndexOf("/") + 1) || "."}/docs`;
}

/** Answers with an error of the catalogue. */
export function sendError(
  error: LongshoreError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { headers, body } = toErrorAnswer(error, request.id);
  reply.failure = error.code;
  return reply.code(error.status).headers(headers).send(body);
}

/** What is sent for an error of the catalogue. */
export function toErrorAnswer(error: LongshoreError, requestId: string): InferenceAnswer {
  const isBusy = error.status === 429 || error.status === 503;
  return {
    headers: {
      "content-type": JSON_TYPE,
      ...(isBusy && { "retry-after": String(RETRY_AFTER_S) }),
    },
    body: JSON.stringify(toErrorBody(error, requestId)),
  };
}

/** Fastify's own errors (a body too long, a length that does not fit) in the catalogue's terms. */
function toCatalogue(error: FastifyError, request: FastifyRequest): LongshoreError {
  if (error instanceof LongshoreError) return error;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return fail("BODY_TOO_LARGE", { limit: request.routeOptions.bodyLimit ?? "this route's" });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return fail("HEADER_INVALID", {
        header: "content-length",
        problem: "it does not fit the body; send as many bytes as it says",
      });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return fail("HEADER_INVALID", {
        header: "content-type",
        problem: `"${request.headers["content-type"]}" is not a media type; send application/json`,
      });
    case "ECONNRESET":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return fail("CANCELLED");
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return fail("NOT_ACCEPTED", { problem: error.message });
  }
  return fail("INTERNAL");
}

/** Whether a path is of a route's pattern, in which `:name` stands for any one segment. */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => segment.startsWith(":") || segment === given[index])
  );
}
