import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { DirectService } from "./call.ts";
import { acceptWaiting, LAST_REQUEST_MS } from "../lastRequests.ts";
import { DirectConnection, type ConnectionOwner } from "./connection.ts";
import type { RequestHead } from "./requestHead.ts";

/** How often clients are looked at that take too long. */
const CHECK_MS = 1_000;

/**
 * Reads plain calls itself, which takes a third off what a call costs the I/O thread: Node makes two
 * streams and some twenty objects more for each. A connection goes to Node's own server, whole and
 * for good, with its first request that is not plain (`requestHead.ts`).
 */
export function answerConnections(app: FastifyInstance, service: DirectService): void {
  const server: Server = app.server;
  const others = server.listeners("connection") as ((socket: Socket) => void)[];
  const connections = new Set<DirectConnection>();

  const toNode = (socket: Socket): void => {
    for (const other of others) other.call(server, socket);
  };
  const owner: ConnectionOwner = {
    service,
    ask: (head) => askFastify(app, head),
    handOver(connection, socket, received) {
      connections.delete(connection);
      // What was received already comes before what Node will read.
      socket.pause();
      socket.unshift(received);
      toNode(socket);
      socket.resume();
    },
    closed: (connection) => void connections.delete(connection),
  };
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    connections.add(new DirectConnection(socket, owner));
  });
  const checks = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.check(now);
  }, CHECK_MS).unref();
  const closeIdleSince = (time: number): void => {
    for (const connection of connections) if (connection.isIdleSince(time)) connection.destroy();
  };
  app.addHook("preClose", async () => {
    await acceptWaiting(server);
    closeIdleSince(performance.now() - LAST_REQUEST_MS);
    // Who connected just now has the same time for a request.
    setTimeout(() => closeIdleSince(performance.now()), LAST_REQUEST_MS).unref();
  });
  server.once("close", () => clearInterval(checks));
}

/** Fields that are the connection's own. */
const OF_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "date",
  "content-length",
  "transfer-encoding",
]);

/** What Fastify's own routes answer to a request without a body. */
async function askFastify(
  app: FastifyInstance,
  { method, path: url, headers: sent }: RequestHead,
): ReturnType<ConnectionOwner["ask"]> {
  const {
    statusCode: status,
    headers,
    rawPayload,
  } = await app.inject({ method, url, headers: sent });
  const own = Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name));
  return {
    status,
    answer: { headers: Object.fromEntries(own) as Record<string, string>, body: rawPayload },
  };
}
