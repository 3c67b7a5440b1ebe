/**
 * Runs models in turns over the same input in one bare process, one thread each.
 *
 *     node bench/optimize/race.ts 1,3,224,224 5 fp32.onnx int8.onnx
 */
import { fileURLToPath } from "node:url";
import { createRandom } from "../random.ts";
import { runScript } from "../script.ts";
import { median } from "../statistics.ts";

export interface RaceOptions {
  /** Of the one FP32 input, `input`. */
  readonly shape: readonly number[];
  /** For all models together. */
  readonly seconds: number;
}

/** Median milliseconds of each model's run. */
export async function race(
  files: readonly string[],
  { shape, seconds }: RaceOptions,
): Promise<number[]> {
  const report = await runScript(fileURLToPath(import.meta.url), {
    args: [shape.join(","), String(seconds), ...files],
    limit: seconds + 120,
  });
  return report as number[];
}

const WARM_UP_RUNS = 3;
/** As long as several runs: a model that is served alone finds its weights in the caches. */
const TURN_MS = 400;
const LEAST_ROUNDS = 3;

async function run(shape: readonly number[], seconds: number, files: readonly string[]) {
  // Read when the library loads.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const random = createRandom(3);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * random() - 1);
  const feeds = { input: new Tensor("float32", data, shape) };
  const racers = [];
  for (const file of files) {
    const session = await InferenceSession.create(file, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    for (let warmUp = 0; warmUp < WARM_UP_RUNS; warmUp++) await session.run(feeds);
    racers.push({ session, times: [] as number[] });
  }
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < LEAST_ROUNDS || performance.now() < end; round++) {
    for (const { session, times } of racers) {
      // Finds the caches full of the other model's weights, and does not count.
      await session.run(feeds);
      const turnEnd = performance.now() + TURN_MS;
      for (let now = performance.now(); now < turnEnd;) {
        await session.run(feeds);
        const after = performance.now();
        times.push(after - now);
        now = after;
      }
    }
  }
  return racers.map(({ times }) => median(times));
}

if (import.meta.main) {
  const [shape, seconds, ...files] = process.argv.slice(2);
  console.log(JSON.stringify(await run(shape!.split(",").map(Number), Number(seconds), files)));
}
