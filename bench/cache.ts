/** What a cache gives that has every answer, and what it takes where a run costs little. */
import type { LoadReport } from "./load.ts";
import { startLongshore } from "./longshore.ts";
import { modelFolder, type ModelName } from "./models.ts";
import { toBinaryRequest } from "./requests.ts";
import { send, type Row, type Timing } from "./scenarios.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const PAIRS: readonly (readonly [plain: ModelName, cached: ModelName, connections: number])[] = [
  ["resnet50", "resnet50-cached", 4],
  ["mlp", "mlp-cached", 64],
  ["tiny", "tiny-cached", 64],
];

/** The same request over and over, of each model without and with a cache, in turns. */
export async function cache(timing: Timing): Promise<Row[]> {
  await using server = await startLongshore(
    PAIRS.flatMap(([plain, cached]) => [plain, cached].map(modelFolder)),
  );
  const rows: Row[] = [];
  for (const [plain, cached, connections] of PAIRS) {
    const reports: Readonly<Record<"run" | "kept", LoadReport[]>> = { run: [], kept: [] };
    for (let round = 0; round < ROUNDS; round++) {
      reports.run.push(await send(server, toBinaryRequest(plain), connections, timing));
      reports.kept.push(await send(server, toBinaryRequest(cached), connections, timing));
    }
    const rate = (how: keyof typeof reports): number =>
      median(reports[how].map((report) => report.rate));
    const p50 = (how: keyof typeof reports): string =>
      (median(reports[how].map(({ latency }) => latency.p50)) / 1000).toFixed(2);
    rows.push({
      what: `${plain}, binary, ${connections} connections, all answers from the cache, against runs`,
      against: rate("run"),
      served: rate("kept"),
      unit: "rows/s",
      compared: rate("kept") / rate("run"),
      comparedUnit: "×",
      detail: `p50 ${p50("kept")} ms against ${p50("run")} ms`,
    });
  }
  return rows;
}
