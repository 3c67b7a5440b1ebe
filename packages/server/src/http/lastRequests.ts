import type { Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/**
 * How long clients have for one more request over a connection that they keep, before it is closed
 * unannounced. Whoever sends one request after the other, or was sending one, needs far less; for
 * whoever sends one now and then, no time is long enough.
 */
export const LAST_REQUEST_MS = 1_000;

const LOOK_MS = 10;

/** A turn of the event loop that has nothing to do takes less. */
const QUIET_TURN_MS = 0.2;
const MAX_ACCEPTING_MS = 500;

/**
 * Gives the clients of servers that are stopping the time for a last request. Its answer ends the
 * connection, so the wait is over as soon as none is open.
 */
export async function awaitLastRequests(servers: readonly Server[]): Promise<void> {
  const end = performance.now() + LAST_REQUEST_MS;
  while ((await areConnected(servers)) && performance.now() < end) await sleep(LOOK_MS);
}

async function areConnected(servers: readonly Server[]): Promise<boolean> {
  const counts = await Promise.all(servers.map(countConnections));
  return counts.some((count) => count > 0);
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error ? 0 : count));
  });
}

/**
 * Accepts the connections that wait for it in the system, one a turn of the event loop: a server that
 * is closed resets them, with the requests that their clients have sent. One may still come between
 * the last look and the close, which is to follow at once: after a turn that took no time, rarely.
 */
export async function acceptWaiting(server: Server): Promise<void> {
  let accepted = 0;
  const count = (): void => void accepted++;
  server.on("connection", count);
  const end = performance.now() + MAX_ACCEPTING_MS;
  // What is left of the current turn may accept nothing.
  await nextTurn();
  for (let isQuiet = false; !isQuiet && performance.now() < end;) {
    const before = accepted;
    const start = performance.now();
    await nextTurn();
    isQuiet = accepted === before && performance.now() - start < QUIET_TURN_MS;
  }
  server.off("connection", count);
}
