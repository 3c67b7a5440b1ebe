/**
 * Closed-loop HTTP/1.1 load in a process of its own: each connection sends the next request when
 * the answer to the last one is complete.
 *
 *     node bench/load.ts --url http://127.0.0.1:8000/v2/models/tiny/infer --body body.json \
 *       --header "content-type: application/json" --connections 32 --seconds 5
 */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ResponseReader } from "./httpResponse.ts";
import { runScript } from "./script.ts";
import { percentile, Samples } from "./statistics.ts";

export interface LoadOptions {
  /** Where to POST (or GET, without a body). */
  readonly url: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Seconds of load before anything is counted. */
  readonly warmup: number;
  /** Seconds measured. */
  readonly seconds: number;
}

export interface LoadReport {
  /** Responses completed within the measured time, whatever their status. */
  readonly requests: number;
  /** Those that were not 200, and connections refused or broken. */
  readonly errors: number;
  /** The first of them, in words. */
  readonly firstError?: string;
  /** Responses with status 200 a second. */
  readonly rate: number;
  /** From the write of a request to the last byte of its answer, in microseconds. */
  readonly latency: Readonly<Record<"p50" | "p90" | "p99" | "p999" | "max", number>>;
  /** Smallest and largest body of the responses with status 200. */
  readonly bodyBytes: readonly [min: number, max: number];
  /** Seconds measured, by the clock. */
  readonly seconds: number;
  /** CPU seconds that this process took in that time. */
  readonly cpuSeconds: number;
}

/** Runs a load in a new process and gives its report. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const report = await runScript(fileURLToPath(import.meta.url), {
    args: [
      `--url=${options.url}`,
      `--connections=${options.connections}`,
      `--warmup=${options.warmup}`,
      `--seconds=${options.seconds}`,
      ...headers.map((header) => `--header=${header}`),
      ...(options.body === undefined ? [] : ["--body=-"]),
    ],
    ...(options.body === undefined ? {} : { input: options.body }),
    limit: options.warmup + options.seconds + 20,
  });
  return report as LoadReport;
}

/** Everything the connections share: plain fields, changed by {@link record} and {@link failed}. */
interface Run {
  readonly host: string;
  readonly port: number;
  readonly request: Uint8Array;
  measuring: boolean;
  ended: boolean;
  requests: number;
  errors: number;
  firstError: string | undefined;
  /** Latencies of the responses with status 200, in microseconds. */
  readonly latencies: Samples;
  minBody: number;
  maxBody: number;
}

async function load(options: LoadOptions): Promise<LoadReport> {
  const url = new URL(options.url);
  const run: Run = {
    host: url.hostname,
    port: Number(url.port || 80),
    request: toRequest(url, options),
    measuring: false,
    ended: false,
    requests: 0,
    errors: 0,
    firstError: undefined,
    latencies: new Samples(),
    minBody: Number.POSITIVE_INFINITY,
    maxBody: 0,
  };
  const sockets = new Set<Socket>();
  for (let i = 0; i < options.connections; i++) openConnection(run, sockets);

  await delay(options.warmup);
  const started = performance.now();
  const cpu = process.cpuUsage();
  run.measuring = true;
  await delay(options.seconds);
  run.measuring = false;
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  run.ended = true;
  for (const socket of sockets) socket.destroy();

  const sorted = run.latencies.sorted();
  return {
    requests: run.requests,
    errors: run.errors,
    ...(run.firstError === undefined ? {} : { firstError: run.firstError }),
    rate: sorted.length / seconds,
    latency: {
      p50: percentile(sorted, 0.5),
      p90: percentile(sorted, 0.9),
      p99: percentile(sorted, 0.99),
      p999: percentile(sorted, 0.999),
      max: percentile(sorted, 1),
    },
    bodyBytes: [sorted.length === 0 ? 0 : run.minBody, run.maxBody],
    seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** Opens one connection and keeps a request on it until the run ends. */
function openConnection(run: Run, sockets: Set<Socket>): void {
  const reader = new ResponseReader();
  const buffer = new Uint8Array(65_536);
  let sent = 0;
  let broken = "closed by the server";
  // `onread` delivers into one buffer instead of allocating one for every read.
  const onread = {
    buffer,
    callback(length: number): boolean {
      try {
        if (reader.read(buffer.subarray(0, length))) {
          const now = performance.now();
          record(run, reader, (now - sent) * 1000, buffer.subarray(0, length));
          sent = now;
          socket.write(run.request);
        }
      } catch (error) {
        broken = (error as Error).message;
        socket.destroy();
      }
      return true;
    },
  };
  const socket = connect({ host: run.host, port: run.port, noDelay: true, onread });
  sockets.add(socket);
  socket.on("connect", () => {
    sent = performance.now();
    socket.write(run.request);
  });
  socket.on("error", (error) => (broken = error.message));
  socket.on("close", () => {
    sockets.delete(socket);
    if (run.ended) return;
    failed(run, `connection: ${broken}`);
    // Not at once: a server that refuses connections must not be drowned in them.
    setTimeout(() => run.ended || openConnection(run, sockets), 20);
  });
}

function record(run: Run, reader: ResponseReader, latency: number, received: Uint8Array): void {
  if (reader.status !== 200) {
    if (run.measuring) run.requests++;
    const text = new TextDecoder().decode(received.subarray(-300));
    failed(run, `status ${reader.status}: ${text.slice(text.indexOf("\r\n\r\n") + 4)}`);
    return;
  }
  if (!run.measuring) return;
  run.requests++;
  run.latencies.add(latency);
  if (reader.bodyBytes < run.minBody) run.minBody = reader.bodyBytes;
  if (reader.bodyBytes > run.maxBody) run.maxBody = reader.bodyBytes;
}

/** Errors count during the warm-up too: a server that failed there was not measured well later. */
function failed(run: Run, why: string): void {
  run.errors++;
  run.firstError ??= why;
}

/** The whole request as it goes over the wire, built once. */
function toRequest(url: URL, options: LoadOptions): Uint8Array {
  const { body } = options;
  const headers = Object.entries({
    host: url.host,
    ...options.headers,
    ...(body === undefined ? {} : { "content-length": body.length }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const method = body === undefined ? "GET" : "POST";
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${headers.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body ?? new Uint8Array()]);
}

function delay(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      body: { type: "string" },
      header: { type: "string", multiple: true, default: [] },
      connections: { type: "string", default: "32" },
      warmup: { type: "string", default: "2" },
      seconds: { type: "string", default: "5" },
    },
  });
  if (values.url === undefined) throw new Error("--url is missing");
  const report = await load({
    url: values.url,
    ...(values.body === undefined
      ? {}
      : { body: readFileSync(values.body === "-" ? 0 : values.body) }),
    headers: Object.fromEntries(values.header.map(splitHeader)),
    connections: Number(values.connections),
    warmup: Number(values.warmup),
    seconds: Number(values.seconds),
  });
  console.log(JSON.stringify(report, undefined, process.stdout.isTTY ? 2 : 0));
}

function splitHeader(header: string): [name: string, value: string] {
  const colon = header.indexOf(":");
  return [header.slice(0, colon), header.slice(colon + 1).trim()];
}

if (import.meta.main) await main();
