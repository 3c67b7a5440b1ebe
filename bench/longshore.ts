import { fileURLToPath } from "node:url";
import { startServer, type ServerProcess } from "./process.ts";

const BIN = fileURLToPath(new URL("../packages/server/bin/longshore.js", import.meta.url));

/** Starts `longshore serve` on these paths with everything else at its defaults. */
export function startLongshore(paths: readonly string[]): Promise<ServerProcess> {
  return startServer({
    command: [process.execPath, BIN, "serve", ...paths, "--port", "0"],
    ready: "/v2/health/ready",
  });
}
