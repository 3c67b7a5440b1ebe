import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { fail } from "@longshore/core";
import { answerCall } from "./answer.ts";
import { Call, closeLater, type CallEnvironment } from "./call.ts";
import type { Method } from "./method.ts";
import { toTrailers } from "./status.ts";

/** Certificate and key, and whatever else TLS is to be told. */
export type Credentials = Pick<
  SecureServerOptions,
  "key" | "cert" | "ca" | "passphrase" | "requestCert" | "rejectUnauthorized"
>;

/** Bytes that a client may send ahead, on one stream and on all of a connection. */
const STREAM_WINDOW_BYTES = 2 ** 20;
const CONNECTION_WINDOW_BYTES = 2 ** 24;
/** How often calls are looked at, and connections asked whether their peer is there. */
const WATCH_INTERVAL_MS = 1_000;
const PING_INTERVAL_MS = 30_000;
/** What clients may take to end their connections when the server stops. */
const CLOSING_MS = 2_000;

/** A server of methods over HTTP/2, without any library of gRPC. */
export interface GrpcServer {
  /** @returns the port. @throws Error of Node's, such as EADDRINUSE. */
  listen(host: string, port: number): Promise<number>;
  /** Calls that are open. */
  readonly calls: number;
  /** Ends what waits for messages, answers what was accepted, and closes. */
  close(): Promise<void>;
}

/**
 * Makes a server, not yet listening.
 *
 * Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`. Bare HTTP/2 costs half of what the libraries of gRPC
 * cost a call.
 *
 * @param credentials TLS; plain text without.
 */
export function createGrpcServer(
  methods: readonly Method[],
  environment: Omit<CallEnvironment, "watch">,
  credentials?: Credentials,
): GrpcServer {
  const byPath = new Map(methods.map((method) => [`/${method.name}`, method]));
  const settings = { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false };
  // What a connection may hold is bounded by its window and by the limits of concurrency; Node's
  // own bound of 10 MB would refuse streams beside one large tensor.
  const options = { settings, maxSessionMemory: Number.MAX_SAFE_INTEGER };
  const server: Http2Server =
    credentials === undefined
      ? createServer(options)
      : (createSecureServer({ ...options, ...credentials }) as unknown as Http2Server);
  let count = 0;
  // Only those that take their time: V8 frees short-lived calls late which an old set has held.
  const watched = new Set<Call>();
  const watching = { ...environment, watch: (call: Call) => void watched.add(call) };
  const sessions = new Sessions();

  server.on("session", (session) => sessions.add(session));
  // Of a connection that never becomes one of HTTP/2: it is closed, and there is nobody to tell.
  server.on("sessionError", () => undefined);
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const refusal = toRefusal(headers);
    if (refusal !== undefined) return refuse(stream, { ":status": refusal });
    const path = headers[":path"] ?? "";
    const method = byPath.get(path);
    if (method === undefined) {
      const error = fail("METHOD_UNKNOWN", { method: path });
      const head = { ":status": 200, "content-type": "application/grpc" };
      return refuse(stream, { ...head, ...toTrailers(error) });
    }
    count++;
    const call = new Call(watching, stream, headers, method);
    call.onClose(() => {
      count--;
      watched.delete(call);
    });
    answerCall(call, method);
  });

  const timer = setInterval(() => {
    const now = performance.now();
    for (const call of watched) call.look(now);
    sessions.watch(now);
  }, WATCH_INTERVAL_MS).unref();

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port }, () => {
          server.off("error", reject);
          server.on("error", () => undefined);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    get calls() {
      return count;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const call of watched) call.stop();
      sessions.close();
      const guard = setTimeout(() => sessions.destroy(), CLOSING_MS);
      await closed;
      clearTimeout(guard);
      clearInterval(timer);
    },
  };
}

/** The HTTP status for what is no call of gRPC. */
function toRefusal(headers: IncomingHttpHeaders): number | undefined {
  if (headers[":method"] !== "POST") return 405;
  const type = headers["content-type"] ?? "";
  return /^application\/grpc(?:\+proto)?(?:;|$)/.test(type) ? undefined : 415;
}

function refuse(stream: ServerHttp2Stream, headers: Record<string, string | number>): void {
  stream.on("error", () => undefined);
  stream.respond(headers, { endStream: true });
  closeLater(stream);
}

/** The connections of a server. */
class Sessions {
  readonly #pinged = new Map<ServerHttp2Session, { at: number; isWaiting: boolean }>();

  add(session: ServerHttp2Session): void {
    this.#pinged.set(session, { at: performance.now(), isWaiting: false });
    session.on("close", () => this.#pinged.delete(session));
    session.on("error", () => undefined);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  }

  /** Asks each peer now and then whether it is there, and drops those that did not answer. */
  watch(now: number): void {
    for (const [session, state] of this.#pinged) {
      if (now - state.at < PING_INTERVAL_MS) continue;
      if (state.isWaiting || session.destroyed) {
        session.destroy();
        continue;
      }
      state.at = now;
      state.isWaiting = session.ping(() => (state.isWaiting = false));
    }
  }

  /** Tells the clients to open no more streams; connections close after their last one. */
  close(): void {
    for (const session of this.#pinged.keys()) session.close();
  }

  destroy(): void {
    for (const session of this.#pinged.keys()) session.destroy();
  }
}
