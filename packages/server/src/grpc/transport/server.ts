import type { IncomingHttpHeaders } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createSecureServer, type TlsOptions } from "node:tls";
import { fail } from "@longshore/core";
import { Connection } from "../http2/connection.ts";
import { toBlock } from "../http2/responseFields.ts";
import type { Stream } from "../http2/stream.ts";
import { answerCall } from "./answer.ts";
import { Call, type CallEnvironment } from "./call.ts";
import type { Method } from "./method.ts";
import { toTrailers } from "./status.ts";

/** Certificate and key, and whatever else TLS is to be told. */
export type Credentials = Pick<
  TlsOptions,
  "key" | "cert" | "ca" | "passphrase" | "requestCert" | "rejectUnauthorized"
>;

/** How often calls are looked at, and connections asked whether their peer is there. */
const LOOK_INTERVAL_MS = 1_000;
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
 * Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`.
 *
 * @param credentials TLS; plain text without.
 */
export function createGrpcServer(
  methods: readonly Method[],
  environment: CallEnvironment,
  credentials?: Credentials,
): GrpcServer {
  const byPath = new Map(methods.map((method) => [`/${method.name}`, method]));
  let count = 0;
  const connections = new Connections();

  const onStream = (stream: Stream): void => {
    const { headers } = stream;
    const refusal = toRefusal(headers);
    if (refusal !== undefined) return stream.respond(toBlock({ ":status": refusal }), true);
    const path = headers[":path"] ?? "";
    const method = byPath.get(path);
    if (method === undefined) {
      const error = fail("METHOD_UNKNOWN", { method: path });
      const head = { ":status": 200, "content-type": "application/grpc" };
      return stream.respond(toBlock({ ...head, ...toTrailers(error) }), true);
    }
    count++;
    const call = new Call(environment, stream, method);
    call.afterwards(() => count--);
    answerCall(call, method);
  };
  const onSocket = (socket: Socket): void => {
    connections.add(socket, new Connection(socket, onStream));
  };
  const server: Server =
    credentials === undefined
      ? createServer({ noDelay: true }, onSocket)
      : createSecureServer({ ...credentials, noDelay: true, ALPNProtocols: ["h2"] }, (socket) => {
          if (socket.alpnProtocol === "h2") onSocket(socket);
          else socket.destroy();
        });
  // Of a connection that never becomes one of TLS: it is closed, and there is nobody to tell.
  server.on("tlsClientError", () => undefined);

  const timer = setInterval(() => connections.look(performance.now()), LOOK_INTERVAL_MS).unref();

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
      connections.close();
      const guard = setTimeout(() => connections.destroy(), CLOSING_MS);
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

/** The connections of a server. */
class Connections {
  readonly #pinged = new Map<Connection, { at: number; isWaiting: boolean }>();

  add(socket: Socket, connection: Connection): void {
    this.#pinged.set(connection, { at: performance.now(), isWaiting: false });
    socket.on("close", () => this.#pinged.delete(connection));
  }

  /** Looks at all calls, and drops connections whose peers are not there any more. */
  look(now: number): void {
    for (const [connection, state] of this.#pinged) {
      for (const stream of connection.streams()) stream.listener?.look(now);
      if (now - state.at < PING_INTERVAL_MS) continue;
      if (state.isWaiting) {
        connection.destroy();
        continue;
      }
      state.at = now;
      state.isWaiting = true;
      connection.ping(() => (state.isWaiting = false));
    }
  }

  /** Tells calls that the server stops, and clients to open no more; connections close after their last call. */
  close(): void {
    for (const connection of this.#pinged.keys()) {
      for (const stream of connection.streams()) stream.listener?.stop();
      connection.close();
    }
  }

  destroy(): void {
    for (const connection of this.#pinged.keys()) connection.destroy();
  }
}
