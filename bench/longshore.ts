import { fileURLToPath } from "node:url";
import { startServer, type ServerProcess } from "./process.ts";

/** What users install is measured: the built package, not the sources. */
const BUILT = fileURLToPath(new URL("../packages/server/dist/node/cli/main.js", import.meta.url));

/** Starts `longshore serve` on these paths with everything else at its defaults. */
export function startLongshore(
  paths: readonly string[],
  options: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer({
    command: [process.execPath, BUILT, "serve", ...paths, "--port", "0", ...options],
    ready: "/v2/health/ready",
  });
}
