import type { Logger } from "pino";
import type { startGrpc } from "../grpc/index.ts";
import type { ServeSettings } from "./servingProcess.ts";

const DEFAULT_PORT = 8001;

/** What listens for gRPC; undefined where nothing does. */
export type ListeningGrpc = Awaited<ReturnType<typeof startGrpc>> | undefined;

/**
 * Listens for gRPC, whose code is loaded only here.
 *
 * The default port may be another server's, started before on this machine: then this one says so
 * and serves HTTP alone.
 *
 * @param option that chose the port, for the message where it is in use.
 * @throws Error where a port that was asked for is in use.
 */
export async function listenForGrpc(
  context: Parameters<typeof startGrpc>[0],
  log: Logger,
  { host, grpcPort }: Pick<ServeSettings, "host" | "grpcPort">,
  option = "--grpc-port",
): Promise<ListeningGrpc> {
  if (grpcPort === "off") return undefined;
  const port = grpcPort === "default" ? DEFAULT_PORT : grpcPort;
  const { startGrpc: start } = await import("../grpc/index.ts");
  try {
    return await start(context, log, { host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const problem = `port ${port} on ${host} is in use`;
    if (grpcPort !== "default") {
      throw new Error(`${problem}; choose another with ${option}, or 0 for a free one`);
    }
    const advice = "choose one with --grpc-port, 0 for a free one, or switch it off with --no-grpc";
    log.warn({ host, port }, `gRPC is off: ${problem}; ${advice}`);
    return undefined;
  }
}
