import { join } from "node:path";
import { startLongshore } from "../longshore.ts";
import { modelFile, modelFolder, type ModelName } from "../models.ts";
import { freePort, startServer, type ServerOptions, type ServerProcess } from "../process.ts";
import { toJsonRequest, toPlainRequest, type BenchRequest } from "../requests.ts";
import { ensureVenv } from "./venv.ts";

/** One server in one configuration, serving one of the bench models. */
export interface Peer {
  readonly name: string;
  /** What was chosen, for the table. */
  readonly configuration: string;
  readonly start: (model: ModelName) => Promise<ServerProcess>;
  readonly request: (model: ModelName) => BenchRequest;
}

const plain = (model: ModelName): BenchRequest => toPlainRequest(model, "/predict");
const longshore = (model: ModelName): Promise<ServerProcess> =>
  startLongshore([modelFolder(model)]);

export const PEERS: readonly Peer[] = [
  {
    name: "Longshore",
    configuration: "defaults, /predict",
    start: longshore,
    request: (model) => toPlainRequest(model, `/predict/${model}`),
  },
  {
    name: "Longshore",
    configuration: "defaults, V2 JSON",
    start: longshore,
    request: toJsonRequest,
  },
  {
    name: "FastAPI",
    configuration: "one worker",
    start: (model) => startFastapi(model, 1),
    request: plain,
  },
  {
    name: "FastAPI",
    configuration: "two workers",
    start: (model) => startFastapi(model, 2),
    request: plain,
  },
  {
    name: "LitServe",
    configuration: "no batching, two API processes",
    start: (model) => startLitserve(model, 1),
    request: plain,
  },
  {
    name: "LitServe",
    configuration: "batches of 32, two API processes",
    start: (model) => startLitserve(model, 32),
    request: plain,
  },
  {
    name: "MLServer",
    configuration: "no batching, in process",
    start: (model) => startMlserver(model, 0, 0),
    request: toJsonRequest,
  },
  {
    name: "MLServer",
    configuration: "batches of 32, in process",
    start: (model) => startMlserver(model, 32, 0),
    request: toJsonRequest,
  },
  {
    name: "MLServer",
    configuration: "batches of 32, one worker process",
    start: (model) => startMlserver(model, 32, 1),
    request: toJsonRequest,
  },
];

/** One inference thread a process: with two cores, more of them only get in each other's way. */
async function startFastapi(model: ModelName, workers: number): Promise<ServerProcess> {
  const bin = await ensureVenv("fastapi");
  const port = await freePort();
  return start({
    command: [
      join(bin, "uvicorn"),
      "fastapi_app:app",
      "--host=127.0.0.1",
      `--port=${port}`,
      `--workers=${workers}`,
      "--no-access-log",
    ],
    env: { MODEL: modelFile(model) },
    url: `http://127.0.0.1:${port}`,
    ready: "/health",
  });
}

async function startLitserve(model: ModelName, maxBatchSize: number): Promise<ServerProcess> {
  const bin = await ensureVenv("litserve");
  const port = await freePort();
  return start({
    command: [join(bin, "python"), "litserve_app.py"],
    env: { MODEL: modelFile(model), MAX_BATCH_SIZE: `${maxBatchSize}`, PORT: `${port}` },
    url: `http://127.0.0.1:${port}`,
    ready: "/health",
  });
}

/** @param workers inference processes; 0 runs the model in the process that serves. */
async function startMlserver(
  model: ModelName,
  maxBatchSize: number,
  workers: number,
): Promise<ServerProcess> {
  const bin = await ensureVenv("mlserver");
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  return start({
    command: [join(bin, "mlserver"), "start", "."],
    env: {
      MLSERVER_HOST: "127.0.0.1",
      MLSERVER_HTTP_PORT: `${http}`,
      MLSERVER_GRPC_PORT: `${grpc}`,
      MLSERVER_METRICS_PORT: `${metrics}`,
      // Its access log is part of `debug`, which is on by default.
      MLSERVER_DEBUG: "false",
      MLSERVER_PARALLEL_WORKERS: `${workers}`,
      MLSERVER_MODEL_NAME: model,
      MLSERVER_MODEL_IMPLEMENTATION: "mlserver_app.OnnxModel",
      MLSERVER_MODEL_URI: modelFile(model),
      MLSERVER_MODEL_MAX_BATCH_SIZE: `${maxBatchSize}`,
      MLSERVER_MODEL_MAX_BATCH_TIME: "0.002",
    },
    url: `http://127.0.0.1:${http}`,
    ready: `/v2/models/${model}/ready`,
  });
}

function start(options: ServerOptions): Promise<ServerProcess> {
  return startServer({ cwd: import.meta.dirname, ...options });
}
