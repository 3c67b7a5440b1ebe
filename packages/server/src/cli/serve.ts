import { parseArguments, toChoice, toCount, UsageError } from "./arguments.ts";
import type { ServeSettings } from "./servingProcess.ts";
import { supervise } from "./supervisor.ts";

export const help = `Serve models over HTTP and gRPC.

Usage: longshore serve [<path…>] [options]

A path is an .onnx file, a module that exports defineModel(…), a bundle folder (bundle.yaml beside
model.onnx), a model folder with numeric version folders, or a repository folder of any of these.

Options:
  --host ADDRESS         address to listen on (default 127.0.0.1; 0.0.0.0 for all)
  --port NUMBER          port to listen on (default 8000; 0 for any free one)
  --grpc-port NUMBER     port for gRPC (default 8001; 0 for any free one)
  --no-grpc              do not listen for gRPC
  --tfserving-port NUMBER  one more port for HTTP, such as 8501, where clients of TensorFlow Serving
                         look for /v1 (default none; 0 for any free one)
  --tfserving-grpc-port NUMBER  one more port for gRPC, such as 8500, where clients of TensorFlow
                         Serving look for PredictionService (default none; 0 for any free one)
  --model-config-file FILE  serve the models that a config file of TensorFlow Serving names, their
                         versions by label too
  --watch                load new versions as they appear, without losing a request; follow the
                         model config file
  --allow-code           run code that bundles bring: models that are modules, custom steps. It may
                         do whatever the server may; a module given as a path needs no allowance
  --max-body-mib NUMBER  size limit of a request body (default 64)
  --max-concurrent NUMBER  inference requests handled at a time (default 4096)
  --server-name NAME     what it calls itself in its metadata, where some clients look for "triton"
                         (default longshore)
  --log-level LEVEL      debug, info, warn, error or silent (default info)

Examples:
  longshore serve examples
  longshore serve examples/digits/model.onnx --port 8080
  longshore serve ./rules.ts
  longshore serve --model-config-file models.config --tfserving-port 8501 --watch
  longshore serve examples --host 0.0.0.0 --watch`;

const PORTS = { max: 65_535 };
/** Up to what one buffer of Node can hold by far. */
const BODY_MIB = { min: 1, max: 4_096 };
const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** Runs the server under a supervisor that starts it again after a native crash. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8000" },
      "grpc-port": { type: "string" },
      "no-grpc": { type: "boolean", default: false },
      "tfserving-port": { type: "string" },
      "tfserving-grpc-port": { type: "string" },
      "model-config-file": { type: "string" },
      watch: { type: "boolean", default: false },
      "allow-code": { type: "boolean", default: false },
      "max-body-mib": { type: "string", default: "64" },
      "max-concurrent": { type: "string", default: "4096" },
      "server-name": { type: "string" },
      "log-level": { type: "string", default: "info" },
    },
    { name: "path of a model", min: 0, max: Number.POSITIVE_INFINITY },
  );
  const { "model-config-file": modelConfigFile } = values;
  if (positionals.length === 0 && modelConfigFile === undefined)
    throw new UsageError("path of a model is missing");
  const settings: ServeSettings = {
    paths: positionals,
    host: values.host,
    port: toCount("--port", values.port, PORTS),
    grpcPort: toGrpcPort(values["grpc-port"], values["no-grpc"]),
    tfservingPort: toPort("--tfserving-port", values["tfserving-port"]),
    tfservingGrpcPort: toPort("--tfserving-grpc-port", values["tfserving-grpc-port"]),
    ...(modelConfigFile !== undefined && { modelConfigFile }),
    ...(values["server-name"] !== undefined && { serverName: values["server-name"] }),
    watch: values.watch,
    allowCode: values["allow-code"],
    maxBodyBytes: toCount("--max-body-mib", values["max-body-mib"], BODY_MIB) * 2 ** 20,
    maxConcurrent: toCount("--max-concurrent", values["max-concurrent"], { min: 1 }),
    logLevel: toChoice("--log-level", values["log-level"], LEVELS),
  };
  return supervise(new URL(import.meta.resolve("#serving")), (resumed) => [
    JSON.stringify({ ...settings, ...resumed }),
  ]);
}

/** @throws UsageError where it is no number. */
function toPort(option: string, text: string | undefined): number | "off" {
  return text === undefined ? "off" : toCount(option, text, PORTS);
}

/** @throws UsageError where gRPC is given a port and switched off. */
function toGrpcPort(text: string | undefined, isOff: boolean): ServeSettings["grpcPort"] {
  if (!isOff) return text === undefined ? "default" : toCount("--grpc-port", text, PORTS);
  if (text === undefined) return "off";
  throw new UsageError("--grpc-port and --no-grpc exclude each other");
}
