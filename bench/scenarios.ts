import { fileURLToPath } from "node:url";
import { cache } from "./cache.ts";
import { ensemble } from "./ensemble.ts";
import { grpc } from "./grpc.ts";
import { images } from "./images.ts";
import { runLoad, type LoadReport } from "./load.ts";
import { startLongshore } from "./longshore.ts";
import { readTreeMemory } from "./memory.ts";
import { modelFile, modelFolder, type ModelName } from "./models.ts";
import { optimize } from "./optimize/scenarios.ts";
import { pipelines } from "./pipelines.ts";
import type { ServerProcess } from "./process.ts";
import { runRaw } from "./raw.ts";
import {
  toBinaryRequest,
  toJsonRequest,
  toLongJsonRequest,
  type BenchRequest,
} from "./requests.ts";
import { median } from "./statistics.ts";

/** One line of the result. */
export interface Row {
  readonly what: string;
  /** What the figure is compared with: the raw loop's, where the row says nothing else. */
  readonly against?: number;
  /** Of the served model, or of the one that was made of another. */
  readonly served: number;
  readonly unit: "rows/s" | "ms" | "MB" | "µs/row";
  /** What the target is about: the ratio of the two, their difference, or the served figure. */
  readonly compared: number;
  readonly comparedUnit: "×" | "ms" | "MB" | "µs";
  readonly target?: Target;
  /** More about the served runs. */
  readonly detail?: string;
}

export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** How long each run warms up and measures, in seconds. */
export interface Timing {
  readonly warmup: number;
  readonly seconds: number;
}

interface Scenario {
  readonly models: readonly ModelName[];
  readonly run: (timing: Timing) => Promise<Row[]>;
}

export const SCENARIOS = {
  tiny: { models: ["tiny"], run: (timing) => tiny("tiny", timing) },
  "tiny-fixed": { models: ["tiny-fixed"], run: (timing) => tiny("tiny-fixed", timing) },
  mlp: { models: ["mlp", "mlp-unbatched"], run: mlp },
  resnet50: { models: ["resnet50"], run: resnet50 },
  latency: { models: ["tiny"], run: latency },
  memory: { models: ["tiny"], run: memory },
  start: { models: [], run: start },
  optimize: { models: ["resnet50", "feed-forward"], run: optimize },
  pipelines: { models: [], run: pipelines },
  images: { models: [], run: images },
  grpc: { models: ["tiny", "wide"], run: grpc },
  ensemble: { models: ["tiny", "tiny-after"], run: ensemble },
  cache: {
    models: ["tiny", "tiny-cached", "mlp", "mlp-cached", "resnet50", "resnet50-cached"],
    run: cache,
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

async function tiny(model: ModelName, timing: Timing): Promise<Row[]> {
  await using server = await startLongshore([modelFolder(model)]);
  const { raw, served } = await interleave(
    async () => (await runRaw({ model: modelFile(model), batch: 1, ...timing })).rowsPerSecond,
    [toBinaryRequest(model), toJsonRequest(model), toLongJsonRequest(model)].map(
      (request) => () => send(server, request, 32, timing),
    ),
  );
  return [
    rateRow(`${model}, binary, 32 connections`, raw, served[0], { atLeast: 0.75 }),
    rateRow(`${model}, JSON, 32 connections`, raw, served[1], { atLeast: 0.65 }),
    rateRow(`${model}, JSON of 17 digits, 32 connections`, raw, served[2]),
  ];
}

async function mlp(timing: Timing): Promise<Row[]> {
  const model = modelFile("mlp");
  const rates = new Map<number, number>();
  for (const batch of [1, 8, 16, 32, 64, 128]) {
    const { rowsPerSecond } = await runRaw({
      model,
      batch,
      warmup: 0.5,
      seconds: timing.seconds / 2,
    });
    rates.set(batch, rowsPerSecond);
  }
  const [best] = [...rates].toSorted(([, a], [, b]) => b - a)[0]!;

  await using server = await startLongshore([modelFolder("mlp"), modelFolder("mlp-unbatched")]);
  const { raw, served } = await interleave(
    async () => (await runRaw({ model, batch: best, ...timing })).rowsPerSecond,
    [toBinaryRequest("mlp"), toJsonRequest("mlp"), toBinaryRequest("mlp-unbatched")].map(
      (request) => () => send(server, request, 64, timing),
    ),
  );
  const unbatched = median(served[2]!.map(({ rate }) => rate));
  const batched = median(served[0]!.map(({ rate }) => rate));
  return [
    rateRow(`mlp, binary, 64 connections; raw at its best batch, ${best}`, raw, served[0], {
      atLeast: 0.8,
    }),
    rateRow(`mlp, JSON, 64 connections; raw at its best batch, ${best}`, raw, served[1]),
    {
      what: "mlp, binary, 64 connections, against itself without batching",
      against: unbatched,
      served: batched,
      unit: "rows/s",
      compared: batched / unbatched,
      comparedUnit: "×",
      target: { atLeast: 8 },
      detail: `raw, batch ${best} against 1: ${(raw / rates.get(1)!).toFixed(1)}×`,
    },
  ];
}

async function resnet50(timing: Timing): Promise<Row[]> {
  const longer = { warmup: timing.warmup, seconds: timing.seconds * 2 };
  await using server = await startLongshore([modelFolder("resnet50")]);
  const { raw, served } = await interleave(
    async () => (await runRaw({ model: modelFile("resnet50"), batch: 1, ...longer })).rowsPerSecond,
    [() => send(server, toBinaryRequest("resnet50"), 4, longer)],
  );
  return [rateRow("resnet50, binary, 4 connections", raw, served[0], { atLeast: 0.95 })];
}

async function latency(timing: Timing): Promise<Row[]> {
  await using server = await startLongshore([modelFolder("tiny")]);
  const { raw, served } = await interleave(
    async () => (await runRaw({ model: modelFile("tiny"), batch: 1, ...timing })).p50 / 1000,
    [toBinaryRequest("tiny"), toJsonRequest("tiny")].map(
      (request) => () => send(server, request, 1, timing),
    ),
  );
  return served.map((reports, index): Row => {
    const p50 = median(reports.map((report) => report.latency.p50)) / 1000;
    return {
      what: `tiny, ${index === 0 ? "binary" : "JSON"}, 1 connection, p50`,
      against: raw,
      served: p50,
      unit: "ms",
      compared: p50 - raw,
      comparedUnit: "ms",
      target: { atMost: 0.25 },
      detail: describe(reports),
    };
  });
}

async function memory(timing: Timing): Promise<Row[]> {
  const bare = await runRaw({ model: modelFile("tiny"), batch: 1, ...timing });
  if (bare.memory === undefined) return [];
  const raw = bare.memory / 1e6;
  await using server = await startLongshore([modelFolder("tiny")]);
  const request = toBinaryRequest("tiny");
  const row = (what: string): Row => {
    const served = readTreeMemory(server.pid) / 1e6;
    const compared = served - raw;
    return {
      what,
      against: raw,
      served,
      unit: "MB",
      compared,
      comparedUnit: "MB",
      target: { atMost: 80 },
    };
  };
  await send(server, request, 1, { warmup: 0, seconds: 1 });
  const atRest = row("memory (PSS), tiny, after the first requests");
  await send(server, request, 32, timing);
  return [atRest, row("memory (PSS), tiny, after 32 connections")];
}

async function start(): Promise<Row[]> {
  const examples = fileURLToPath(new URL("../examples", import.meta.url));
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    await using server = await startLongshore([examples]);
    times.push(server.startMs);
  }
  const served = median(times);
  const target = { atMost: 1500 };
  return [
    {
      what: "start to ready, the examples without code, golden answers asked, median of 5",
      served,
      unit: "ms",
      compared: served,
      comparedUnit: "ms",
      target,
      detail: `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms`,
    },
  ];
}

/**
 * Raw, served, raw, served, raw: what drifts on the machine touches both alike.
 *
 * @returns the raw median, and the reports of each served load.
 */
async function interleave(
  raw: () => Promise<number>,
  loads: readonly (() => Promise<LoadReport>)[],
): Promise<{ raw: number; served: LoadReport[][] }> {
  const raws = [await raw()];
  const served: LoadReport[][] = loads.map(() => []);
  for (let round = 0; round < 2; round++) {
    for (const [index, load] of loads.entries()) served[index]!.push(await load());
    raws.push(await raw());
  }
  return { raw: median(raws), served };
}

/** @throws Error when any answer was not 200: such a run measured something else. */
export async function send(
  server: ServerProcess,
  request: BenchRequest,
  connections: number,
  timing: Timing,
): Promise<LoadReport> {
  const { path, headers, body } = request;
  const report = await runLoad({
    url: new URL(path, server.url).href,
    headers,
    body,
    connections,
    ...timing,
  });
  if (report.errors > 0 || report.requests === 0) {
    throw new Error(
      `${path}: ${report.requests} answers, ${report.errors} errors; ${report.firstError}`,
    );
  }
  return report;
}

function rateRow(
  what: string,
  raw: number,
  reports: readonly LoadReport[] = [],
  target?: Target,
): Row {
  const served = median(reports.map(({ rate }) => rate));
  return {
    what,
    against: raw,
    served,
    unit: "rows/s",
    compared: served / raw,
    comparedUnit: "×",
    ...(target === undefined ? {} : { target }),
    detail: describe(reports),
  };
}

/** Latency of the served runs, and what the load generator took of the machine meanwhile. */
function describe(reports: readonly LoadReport[]): string {
  const milliseconds = (name: "p50" | "p99"): string =>
    (median(reports.map(({ latency }) => latency[name])) / 1000).toFixed(2);
  const cpu = median(reports.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
  return `p50 ${milliseconds("p50")} ms, p99 ${milliseconds("p99")} ms; load generator ${(cpu * 100).toFixed(0)} % CPU`;
}
