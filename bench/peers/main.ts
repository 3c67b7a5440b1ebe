/**
 * `npm run bench:peers`: the same models behind Longshore and behind what people use today, JSON at
 * 32 connections, one server at a time, in this run.
 *
 *     npm run bench:peers -- --only FastAPI,Longshore --seconds 5 --json
 */
import { parseArgs } from "node:util";
import type { LoadReport } from "../load.ts";
import { formatMachine, readMachine } from "../machine.ts";
import { readTreeMemory } from "../memory.ts";
import { writeModels, type ModelName } from "../models.ts";
import { send } from "../scenarios.ts";
import { median } from "../statistics.ts";
import { formatTable } from "../table.ts";
import { checkAnswer } from "./answer.ts";
import { PEERS, type Peer } from "./servers.ts";

const MODELS: readonly ModelName[] = ["tiny", "mlp"];
const CONNECTIONS = 32;
const ROUNDS = 3;

/** One server's figures, or why there are none. */
interface PeerRow {
  readonly model: ModelName;
  readonly server: string;
  readonly configuration: string;
  readonly rate?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly memoryMB?: number;
  readonly failure?: string;
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const only = values.only?.split(",");
const peers = PEERS.filter(({ name }) => only === undefined || only.includes(name));
const timing = { warmup: 2, seconds: Number(values.seconds) };

const machine = readMachine();
writeModels(MODELS);
const rows: PeerRow[] = [];
for (const model of MODELS) rows.push(...(await compare(model)));

if (values.json) console.log(JSON.stringify({ machine, rows }, undefined, 2));
else {
  console.log(formatMachine(machine));
  for (const model of MODELS) {
    const ofModel = rows.filter((row) => row.model === model);
    const header = [
      model,
      "configuration",
      "requests/s",
      "p50 ms",
      "p99 ms",
      "memory MB",
      "Longshore is",
    ];
    const longshore = ofModel.find(({ server }) => server === "Longshore");
    console.log(`\n${formatTable(header, ofModel.map(toCells(longshore?.rate)))}`);
  }
  for (const { model, server, configuration, failure } of rows) {
    if (failure !== undefined)
      console.log(`\n${model}, ${server}, ${configuration} did not run: ${failure}`);
  }
}

/** Rounds over all servers, so that a drift of the machine touches them alike; medians. */
async function compare(model: ModelName): Promise<PeerRow[]> {
  const runs = new Map<Peer, Measured[]>(peers.map((peer) => [peer, []]));
  const failures = new Map<Peer, string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const peer of peers) {
      if (failures.has(peer)) continue;
      console.error(`${model}: ${peer.name}, ${peer.configuration} …`);
      try {
        runs.get(peer)!.push(await measure(peer, model));
      } catch (error) {
        failures.set(peer, (error as Error).message);
      }
    }
  }
  return peers.map((peer): PeerRow => {
    const head = { model, server: peer.name, configuration: peer.configuration };
    const failure = failures.get(peer);
    if (failure !== undefined) return { ...head, failure };
    const of = (figure: (run: Measured) => number): number => median(runs.get(peer)!.map(figure));
    return {
      ...head,
      rate: of(({ report }) => report.rate),
      p50Ms: of(({ report }) => report.latency.p50) / 1000,
      p99Ms: of(({ report }) => report.latency.p99) / 1000,
      memoryMB: of(({ memory }) => memory) / 1e6,
    };
  });
}

interface Measured {
  readonly report: LoadReport;
  readonly memory: number;
}

async function measure(peer: Peer, model: ModelName): Promise<Measured> {
  await using server = await peer.start(model);
  const request = peer.request(model);
  await checkAnswer(server.url, request, model);
  const report = await send(server, request, CONNECTIONS, timing);
  return { report, memory: readTreeMemory(server.pid) };
}

/** @param longshore its rate with its plain route, which the last column compares with. */
function toCells(longshore: number | undefined): (row: PeerRow) => string[] {
  return ({ server, configuration, rate, p50Ms, p99Ms, memoryMB }) => {
    if (
      rate === undefined ||
      p50Ms === undefined ||
      p99Ms === undefined ||
      memoryMB === undefined
    ) {
      return [server, configuration, "did not run"];
    }
    const ratio = longshore === undefined ? "" : `${(longshore / rate).toFixed(1)} ×`;
    const figures = [Math.round(rate).toLocaleString("en"), p50Ms.toFixed(1), p99Ms.toFixed(1)];
    return [server, configuration, ...figures, memoryMB.toFixed(0), ratio];
  };
}
