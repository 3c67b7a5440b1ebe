import { parseArguments, toChoice, toCount } from "./arguments.ts";
import type { ServeSettings } from "./servingProcess.ts";
import { supervise } from "./supervisor.ts";

export const help = `Serve models over HTTP.

Usage: longshore serve <path…> [options]

A path is an .onnx file, a bundle folder (bundle.yaml beside model.onnx), a model folder with
numeric version folders, or a repository folder of any of these.

Options:
  --host ADDRESS         address to listen on (default 127.0.0.1; 0.0.0.0 for all)
  --port NUMBER          port to listen on (default 8000; 0 for any free one)
  --watch                load new versions as they appear, without losing a request
  --max-body-mib NUMBER  size limit of a request body (default 64)
  --max-concurrent NUMBER  inference requests handled at a time (default 4096)
  --log-level LEVEL      debug, info, warn, error or silent (default info)

Examples:
  longshore serve examples
  longshore serve examples/digits/model.onnx --port 8080
  longshore serve examples --host 0.0.0.0 --watch`;

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** Runs the server under a supervisor that starts it again after a native crash. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8000" },
      watch: { type: "boolean", default: false },
      "max-body-mib": { type: "string", default: "64" },
      "max-concurrent": { type: "string", default: "4096" },
      "log-level": { type: "string", default: "info" },
    },
    { name: "path of a model", min: 1, max: Number.POSITIVE_INFINITY },
  );
  const settings: ServeSettings = {
    paths: positionals,
    host: values.host,
    port: toCount("--port", values.port),
    watch: values.watch,
    maxBodyBytes: toCount("--max-body-mib", values["max-body-mib"]) * 2 ** 20,
    maxConcurrent: toCount("--max-concurrent", values["max-concurrent"]),
    logLevel: toChoice("--log-level", values["log-level"], LEVELS),
  };
  return supervise(new URL(import.meta.resolve("#serving")), (port) => [
    JSON.stringify({ ...settings, port: port ?? settings.port }),
  ]);
}
