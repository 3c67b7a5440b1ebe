/**
 * Closed-loop gRPC load in a process of its own, over bare HTTP/2: so many messages are under way,
 * each in a call of its own or all in streams.
 *
 *     node bench/grpcLoad.ts --port 8001 --path /inference.GRPCInferenceService/ModelInfer \
 *       --body message.bin --kind unary --messages 32 --seconds 5
 */
import { readFileSync } from "node:fs";
import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runScript } from "./script.ts";
import { percentile, Samples } from "./statistics.ts";

export interface GrpcLoadOptions {
  readonly port: number;
  /** Of the method. */
  readonly path: string;
  /** One message, without its prefix. */
  readonly message: Uint8Array;
  readonly kind: "unary" | "stream";
  /** Messages under way at a time, over four connections. */
  readonly messages: number;
  readonly warmup: number;
  readonly seconds: number;
}

export interface GrpcLoadReport {
  /** Answers a second. */
  readonly rate: number;
  /** Calls that ended with another status than OK, or broke. */
  readonly errors: number;
  readonly firstError?: string;
  /** From the write of a message to the last byte of its answer, in microseconds. */
  readonly latency: Readonly<Record<"p50" | "p99", number>>;
  /** Bytes of the last answer, without its prefix. */
  readonly answerBytes: number;
  /** The last answer, in base64, where it has at most 64 KiB. */
  readonly answer: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Runs a load in a new process. @throws Error when any call failed. */
export async function runGrpcLoad(options: GrpcLoadOptions): Promise<GrpcLoadReport> {
  const { message, ...others } = options;
  const report = (await runScript(fileURLToPath(import.meta.url), {
    args: [...Object.entries(others).map(([name, value]) => `--${name}=${value}`), "--body=-"],
    input: message,
    limit: options.warmup + options.seconds + 20,
  })) as GrpcLoadReport;
  if (report.errors > 0 || report.rate === 0) {
    throw new Error(`${options.path}: ${report.rate} answers/s; ${report.firstError}`);
  }
  return report;
}

const CONNECTIONS = 4;
const PREFIX_BYTES = 5;

interface Run {
  readonly headers: OutgoingHttpHeaders;
  readonly frame: Buffer;
  readonly latencies: Samples;
  measuring: boolean;
  ended: boolean;
  errors: number;
  firstError: string | undefined;
  answer: Buffer;
}

async function load(options: GrpcLoadOptions): Promise<GrpcLoadReport> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(options.message.length, 1);
  const run: Run = {
    headers: {
      ":method": "POST",
      ":path": options.path,
      "content-type": "application/grpc",
      te: "trailers",
    },
    frame: Buffer.concat([prefix, options.message]),
    latencies: new Samples(),
    measuring: false,
    ended: false,
    errors: 0,
    firstError: undefined,
    answer: Buffer.alloc(0),
  };
  const connections = Math.min(CONNECTIONS, options.messages);
  const sessions = Array.from({ length: connections }, () => {
    const session = connect(`http://127.0.0.1:${options.port}`, {
      settings: { initialWindowSize: 2 ** 22 },
      maxSessionMemory: 1000,
    });
    session.on("error", (error) => failed(run, error.message));
    session.on("connect", () => session.setLocalWindowSize(2 ** 24));
    return session;
  });
  for (let count = 0; count < options.messages; count++) {
    const session = sessions[count % connections]!;
    if (options.kind === "unary") call(session, run);
    else converse(session, run);
  }

  await delay(options.warmup);
  const started = performance.now();
  const cpu = process.cpuUsage();
  run.measuring = true;
  await delay(options.seconds);
  run.measuring = false;
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  run.ended = true;
  for (const session of sessions) session.destroy();

  const sorted = run.latencies.sorted();
  return {
    rate: sorted.length / seconds,
    errors: run.errors,
    ...(run.firstError === undefined ? {} : { firstError: run.firstError }),
    latency: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) },
    answerBytes: run.answer.length,
    answer: run.answer.length > 65_536 ? "" : run.answer.toString("base64"),
    seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** A call of one message, and after it the next one. */
function call(session: ClientHttp2Session, run: Run): void {
  const sent = performance.now();
  const stream = session.request(run.headers);
  const chunks: Buffer[] = [];
  let status: unknown;
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("response", (headers) => (status = headers["grpc-status"]));
  stream.on("trailers", (headers) => (status = headers["grpc-status"]));
  stream.on("error", (error) => failed(run, error.message));
  stream.on("close", () => {
    if (run.ended) return;
    if (status !== "0") return failed(run, `status ${String(status)}`);
    if (run.measuring) run.latencies.add((performance.now() - sent) * 1000);
    if (run.answer.length === 0) run.answer = Buffer.concat(chunks).subarray(PREFIX_BYTES);
    call(session, run);
  });
  stream.end(run.frame);
}

/** A stream in which the next message is sent when the answer to the last one is complete. */
function converse(session: ClientHttp2Session, run: Run): void {
  const stream = session.request(run.headers);
  let sent = performance.now();
  let received = 0;
  let expected = 0;
  const head: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (expected === 0) {
      head.push(chunk);
      const bytes = Buffer.concat(head);
      if (bytes.length < PREFIX_BYTES) return;
      expected = PREFIX_BYTES + bytes.readUInt32BE(1);
      if (received >= expected) run.answer = bytes.subarray(PREFIX_BYTES, expected);
    }
    // Every answer to the same message is as long as the first.
    if (received < expected) return;
    received -= expected;
    const now = performance.now();
    if (run.measuring) run.latencies.add((now - sent) * 1000);
    sent = now;
    if (!run.ended) stream.write(run.frame);
  });
  stream.on("error", (error) => failed(run, error.message));
  stream.on("close", () => run.ended || failed(run, "the stream ended"));
  stream.write(run.frame);
}

function failed(run: Run, why: string): void {
  if (run.ended) return;
  run.errors++;
  run.firstError ??= why;
}

function delay(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      path: { type: "string" },
      body: { type: "string", default: "-" },
      kind: { type: "string", default: "unary" },
      messages: { type: "string", default: "32" },
      warmup: { type: "string", default: "2" },
      seconds: { type: "string", default: "5" },
    },
  });
  if (values.port === undefined || values.path === undefined)
    throw new Error("--port or --path is missing");
  const report = await load({
    port: Number(values.port),
    path: values.path,
    message: readFileSync(values.body === "-" ? 0 : values.body),
    kind: values.kind === "stream" ? "stream" : "unary",
    messages: Number(values.messages),
    warmup: Number(values.warmup),
    seconds: Number(values.seconds),
  });
  console.log(JSON.stringify(report, undefined, process.stdout.isTTY ? 2 : 0));
}

if (import.meta.main) await main();
