/** What an ensemble of two models saves a client that would call one after the other. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadReport } from "./load.ts";
import { startLongshore } from "./longshore.ts";
import { modelFolder } from "./models.ts";
import { toBinaryRequest, type BenchRequest } from "./requests.ts";
import { send, type Row, type Timing } from "./scenarios.ts";
import { median } from "./statistics.ts";

const NAME = "tiny-both";
const FOLDER = join(import.meta.dirname, ".models", NAME);
const MANIFEST = `ensemble:
  steps:
    - { model: tiny, inputs: { input: input }, outputs: { output: between } }
    - { model: tiny-after, inputs: { input: between }, outputs: { output: output } }
`;
const ROUNDS = 3;
const LOADS = ["first", "second", "both"] as const;

type Reports = Readonly<Record<(typeof LOADS)[number], LoadReport[]>>;

/** One request of the ensemble against one of each model, in turns: with many clients, and with one. */
export async function ensemble(timing: Timing): Promise<Row[]> {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "bundle.yaml"), MANIFEST);
  await using server = await startLongshore([
    modelFolder("tiny"),
    modelFolder("tiny-after"),
    FOLDER,
  ]);
  const first = toBinaryRequest("tiny");
  const requests: Readonly<Record<(typeof LOADS)[number], BenchRequest>> = {
    first,
    second: toBinaryRequest("tiny-after"),
    both: { ...first, path: `/v2/models/${NAME}/infer` },
  };
  const measure = async (connections: number): Promise<Reports> => {
    const reports: Reports = { first: [], second: [], both: [] };
    for (let round = 0; round < ROUNDS; round++)
      for (const load of LOADS)
        reports[load].push(await send(server, requests[load], connections, timing));
    return reports;
  };
  const many = await measure(32);
  const rate = (load: keyof Reports): number => median(many[load].map((report) => report.rate));
  // A client that calls one after the other waits for both.
  const apart = 1 / (1 / rate("first") + 1 / rate("second"));
  const one = await measure(1);
  const p50 = (load: keyof Reports): number =>
    median(one[load].map(({ latency }) => latency.p50)) / 1000;
  const waits = p50("first") + p50("second");
  return [
    {
      what: "ensemble of two models, 32 connections, against two calls",
      against: apart,
      served: rate("both"),
      unit: "rows/s",
      compared: rate("both") / apart,
      comparedUnit: "×",
      target: { atLeast: 1 },
    },
    {
      what: "ensemble of two models, 1 connection, p50, against two calls",
      against: waits,
      served: p50("both"),
      unit: "ms",
      compared: p50("both") / waits,
      comparedUnit: "×",
      target: { atMost: 1 },
    },
  ];
}
