/**
 * Closed-loop gRPC load in a process of its own, over sockets: so many messages are under way,
 * each in a call of its own or all in streams.
 *
 *     node bench/grpcLoad.ts --port 8001 --path /inference.GRPCInferenceService/ModelInfer \
 *       --body message.bin --kind unary --messages 32 --seconds 5
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Wire } from "./grpcWire.ts";
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
  readonly kind: GrpcLoadOptions["kind"];
  /** The message behind its prefix. */
  readonly framed: Buffer;
  readonly latencies: Samples;
  measuring: boolean;
  ended: boolean;
  errors: number;
  firstError: string | undefined;
  /** The first answer behind its prefix: every answer to the same message is as long. */
  answer: Buffer | undefined;
}

/** A message under way. */
interface Turn {
  sent: number;
  received: number;
  /** Until the length of an answer is known. */
  readonly chunks: Uint8Array[];
}

async function load(options: GrpcLoadOptions): Promise<GrpcLoadReport> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(options.message.length, 1);
  const run: Run = {
    kind: options.kind,
    framed: Buffer.concat([prefix, options.message]),
    latencies: new Samples(),
    measuring: false,
    ended: false,
    errors: 0,
    firstError: undefined,
    answer: undefined,
  };
  const connections = Math.min(CONNECTIONS, options.messages);
  const wires = Array.from({ length: connections }, (_, index) => {
    const share = Math.ceil((options.messages - index) / connections);
    return openConnection(options, run, share);
  });

  await delay(options.warmup);
  const started = performance.now();
  const cpu = process.cpuUsage();
  run.measuring = true;
  await delay(options.seconds);
  run.measuring = false;
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  run.ended = true;
  for (const wire of wires) wire.destroy();

  const sorted = run.latencies.sorted();
  const answer = run.answer?.subarray(PREFIX_BYTES) ?? Buffer.alloc(0);
  return {
    rate: sorted.length / seconds,
    errors: run.errors,
    ...(run.firstError === undefined ? {} : { firstError: run.firstError }),
    latency: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) },
    answerBytes: answer.length,
    answer: answer.length > 65_536 ? "" : answer.toString("base64"),
    seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** Opens a connection and keeps so many messages on it until the run ends. */
function openConnection({ port, path }: GrpcLoadOptions, run: Run, messages: number): Wire {
  const turns = new Map<number, Turn>();
  const open = (): void => {
    const stream = wire.open(run.framed, run.kind === "unary");
    turns.set(stream, { sent: performance.now(), received: 0, chunks: [] });
  };
  const wire = new Wire(port, path, {
    onData(stream, bytes) {
      const turn = turns.get(stream);
      if (turn === undefined) return;
      turn.received += bytes.length;
      if (run.answer === undefined) {
        turn.chunks.push(Buffer.from(bytes));
        run.answer = wholeMessage(turn);
      }
      if (run.kind === "unary" || turn.received !== run.answer?.length) return;
      answered(run, turn);
      turn.received = 0;
      turn.chunks.length = 0;
      wire.write(stream, run.framed);
    },
    onEnd(stream, whole) {
      const turn = turns.get(stream);
      turns.delete(stream);
      if (run.ended || turn === undefined) return;
      if (!whole || run.kind === "stream" || turn.received !== run.answer?.length) {
        failed(run, `a call ended with ${turn.received} bytes of an answer`);
      } else answered(run, turn);
      open();
    },
    onBroken: (why) => failed(run, why),
  });
  for (let count = 0; count < messages; count++) open();
  return wire;
}

/** The first answer behind its prefix; undefined until all of it is there. */
function wholeMessage({ received, chunks }: Turn): Buffer | undefined {
  const [first] = chunks;
  // A server that sends the prefix in pieces is not among those that are measured.
  const length = PREFIX_BYTES + new DataView(first!.buffer, first!.byteOffset).getUint32(1);
  return received < length ? undefined : Buffer.concat(chunks).subarray(0, length);
}

function answered(run: Run, turn: Turn): void {
  const now = performance.now();
  if (run.measuring) run.latencies.add((now - turn.sent) * 1000);
  turn.sent = now;
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
