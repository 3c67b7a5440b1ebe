import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { InferenceAnswer } from "../inferenceRoute.ts";
import { dropSlowReader } from "../slowReaders.ts";
import { DirectCall, type CallOrigin, type DirectService } from "./call.ts";
import type { Match } from "./match.ts";
import { isPlain } from "./requestHead.ts";

/**
 * Answers plain calls that Node has read before Fastify sees them, which takes a quarter off what
 * such a call costs the I/O thread.
 */
export function answerNodeRequests(server: Server, service: DirectService): void {
  const { maxBodyBytes } = service.context.limits;
  const others = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = "", headers } = request;
    const isCall = method === "POST" && isPlain(method, headers);
    const length = isCall ? Number(headers["content-length"]) : Infinity;
    const match = length <= maxBodyBytes ? service.find(url) : undefined;
    if (match === undefined) for (const other of others) other(request, response);
    else answer(service, match, length, request, response);
  });
}

function answer(
  service: DirectService,
  match: Match,
  length: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const origin: CallOrigin = {
    headers: request.headers,
    path: request.url ?? "",
    send: (requestId, status, given) =>
      send(response, requestId, status, given, service.context.limits.clientTimeoutMs),
  };
  const call = new DirectCall(service, origin);
  response.on("close", () => call.close(response.writableFinished));
  if (call.admit(length)) readBody(request, (body) => call.answer(match, body));
}

/** Gives the whole body once it is there; never if the connection is lost before. */
function readBody(request: IncomingMessage, done: (body: Uint8Array) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}

function send(
  response: ServerResponse,
  requestId: string,
  status: number,
  { headers, body }: InferenceAnswer,
  clientTimeoutMs: number,
): void {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  dropSlowReader(response, bytes, clientTimeoutMs);
  response.writeHead(status, { "x-request-id": requestId, ...headers, "content-length": bytes });
  response.end(body);
}
