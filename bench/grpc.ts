/** What gRPC costs: unary calls, streams, and the memory of large tensors. */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MODEL_INFER_REQUEST } from "@longshore/core/grpc";
import { Writer } from "@longshore/core/proto";
import { runGrpcLoad, type GrpcLoadOptions, type GrpcLoadReport } from "./grpcLoad.ts";
import { runLoad } from "./load.ts";
import { startLongshore } from "./longshore.ts";
import { readTree } from "./memory.ts";
import { MODELS, modelFolder, type ModelName } from "./models.ts";
import { startServer, type ServerProcess } from "./process.ts";
import { createRandom } from "./random.ts";
import { toBinaryRequest } from "./requests.ts";
import type { Row, Timing } from "./scenarios.ts";
import { median } from "./statistics.ts";

const SERVICE = "/inference.GRPCInferenceService";
const MESSAGES = 32;
const ROUNDS = 3;

/** Small messages against the library with an empty handler, and streams against calls. */
export async function grpc(timing: Timing): Promise<Row[]> {
  await using server = await startLongshore([modelFolder("tiny")], ["--grpc-port", "0"]);
  const served = { port: await portOf(server), message: toMessage("tiny"), messages: MESSAGES };
  const sample = { ...served, path: `${SERVICE}/ModelInfer`, kind: "unary" as const };
  const { answerBytes } = await runGrpcLoad({ ...sample, warmup: 0, seconds: 0.2 });
  await using empty = await startServer({
    command: [
      process.execPath,
      fileURLToPath(new URL("grpcEmpty.ts", import.meta.url)),
      `${answerBytes}`,
    ],
  });
  const library = { ...served, port: Number(new URL(empty.url).port) };

  const loads: Readonly<Record<string, Omit<GrpcLoadOptions, keyof Timing>>> = {
    unary: sample,
    stream: { ...served, path: `${SERVICE}/ModelStreamInfer`, kind: "stream" },
    emptyUnary: { ...library, path: "/empty.Empty/Unary", kind: "unary" },
    emptyStream: { ...library, path: "/empty.Empty/Stream", kind: "stream" },
  };
  const reports: Record<string, GrpcLoadReport[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, load] of Object.entries(loads)) {
      (reports[name] ??= []).push(await runGrpcLoad({ ...load, ...timing }));
    }
  }
  const rate = (name: string): number => median(reports[name]!.map((report) => report.rate));
  const row = (what: string, name: string, against: string, atLeast?: number): Row => ({
    what,
    against: rate(against),
    served: rate(name),
    unit: "rows/s",
    compared: rate(name) / rate(against),
    comparedUnit: "×",
    ...(atLeast === undefined ? {} : { target: { atLeast } }),
    detail: describe(reports[name]!),
  });
  return [
    row("gRPC, tiny, calls; against grpc-js with an empty handler", "unary", "emptyUnary", 0.8),
    row("gRPC, tiny, streams; against calls", "stream", "unary", 1),
    row("gRPC, tiny, streams; against grpc-js, empty, streams", "stream", "emptyStream"),
    ...(await largeTensors()),
  ];
}

const LARGE_BYTES = 2 ** 24;

/** The memory that tensors of 16 MB in and out take at their peak, in tensors. */
async function largeTensors(): Promise<Row[]> {
  const request = toBinaryRequest("wide");
  const message = toMessage("wide");
  const loads = {
    gRPC: (_server: ServerProcess, port: number, timing: Timing) =>
      runGrpcLoad({
        port,
        message,
        messages: 1,
        path: `${SERVICE}/ModelInfer`,
        kind: "unary",
        ...timing,
      }),
    HTTP: (server: ServerProcess, _port: number, timing: Timing) => {
      const { path, headers, body } = request;
      const url = new URL(path, server.url).href;
      return runLoad({ url, headers, body, connections: 1, ...timing });
    },
  };
  const rows: Row[] = [];
  for (const [protocol, load] of Object.entries(loads)) {
    // A server for each: memory that one of them left behind would not be counted for the other.
    await using server = await startLongshore([modelFolder("wide")], ["--grpc-port", "0"]);
    const port = await portOf(server);
    const rest = resetPeak(server.pid);
    const { rate } = await load(server, port, { warmup: 0, seconds: 3 });
    // Processes that only tried the model have ended meanwhile.
    const grown = readTree(server.pid).map((pid) => readStatus(pid, "VmHWM") - rest.get(pid)!);
    const bytes = grown.reduce((sum, each) => sum + each, 0);
    const served = bytes / 1e6;
    rows.push({
      what: `${protocol}, 16 MB in and out, one at a time: peak memory over rest`,
      served,
      unit: "MB",
      compared: served,
      comparedUnit: "MB",
      detail: `${(bytes / LARGE_BYTES).toFixed(1)} tensors, garbage included; ${rate.toFixed(1)} requests/s`,
    });
  }
  return rows;
}

/** Starts to count peaks anew. @returns the memory of each process now, in bytes. */
function resetPeak(root: number): ReadonlyMap<number, number> {
  const tree = readTree(root);
  // Linux, Documentation/filesystems/proc.rst: 5 resets the peak.
  for (const pid of tree) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return new Map(tree.map((pid) => [pid, readStatus(pid, "VmRSS")]));
}

function readStatus(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)![1]) * 1024;
}

/** The server is ready a moment before it says where it listens. */
async function portOf(server: ServerProcess): Promise<number> {
  for (;;) {
    const port = /^ {2}gRPC +\S+:(\d+)$/m.exec(server.log())?.[1];
    if (port !== undefined) return Number(port);
    await delay(5);
  }
}

/** A request of one row, raw. */
function toMessage(model: ModelName): Uint8Array {
  const { row } = MODELS[model];
  const random = createRandom(2);
  const length = row.reduce((a, b) => a * b, 1);
  const writer = new Writer();
  MODEL_INFER_REQUEST.write(writer, {
    model_name: model,
    model_version: "",
    id: "",
    inputs: [{ name: "input", datatype: "FP32", shape: [1, ...row] }],
    raw_input_contents: [new Uint8Array(Float32Array.from({ length }, random).buffer)],
  });
  return Buffer.concat(writer.finish());
}

function describe(reports: readonly GrpcLoadReport[]): string {
  const milliseconds = (name: "p50" | "p99"): string =>
    (median(reports.map(({ latency }) => latency[name])) / 1000).toFixed(2);
  const cpu = median(reports.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
  return `p50 ${milliseconds("p50")} ms, p99 ${milliseconds("p99")} ms; load generator ${(cpu * 100).toFixed(0)} % CPU`;
}
