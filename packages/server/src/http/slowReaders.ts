import type { ServerResponse } from "node:http";
import { Socket } from "node:net";

/** An answer up to this fits into the socket's buffers: it is gone when it was written. */
const SMALL_ANSWER_BYTES = 65_536;

/** A client that does not take a large answer loses the connection, so that it holds no memory. */
export function dropSlowReader(response: ServerResponse, bytes: number, timeoutMs: number): void {
  const { socket } = response;
  // An answer to a request that was injected goes nowhere by itself.
  if (bytes <= SMALL_ANSWER_BYTES || !(socket instanceof Socket)) return;
  // Without a listener of its own, Node closes a connection on which nothing moves so long.
  socket.setTimeout(timeoutMs);
  response.once("finish", () => socket.setTimeout(0));
}
