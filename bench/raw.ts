/**
 * The yardstick: onnxruntime-node in a bare process of its own, one inference thread, one run after
 * the other over the same input, nothing else.
 *
 *     node bench/raw.ts --model bench/.models/mlp/model.onnx --batch 64 --seconds 5
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createRandom } from "./random.ts";
import { readTreeMemory } from "./memory.ts";
import { runScript } from "./script.ts";
import { percentile, Samples } from "./statistics.ts";

export interface RawOptions {
  /** The model file: one FP32 input whose first axis is the batch. */
  readonly model: string;
  /** Rows of a run. */
  readonly batch: number;
  /** Seconds of runs before anything is counted. */
  readonly warmup: number;
  /** Seconds measured. */
  readonly seconds: number;
}

export interface RawReport {
  readonly rowsPerSecond: number;
  /** Median time of a run, in microseconds. */
  readonly p50: number;
  /** Memory of the process after the runs, in bytes; undefined where it cannot be read. */
  readonly memory?: number;
}

/** Runs the loop in a new process and gives its report. */
export async function runRaw(options: RawOptions): Promise<RawReport> {
  const report = await runScript(fileURLToPath(import.meta.url), {
    args: [
      `--model=${options.model}`,
      `--batch=${options.batch}`,
      `--warmup=${options.warmup}`,
      `--seconds=${options.seconds}`,
    ],
    limit: options.warmup + options.seconds + 60,
  });
  return report as RawReport;
}

async function raw(options: RawOptions): Promise<RawReport> {
  // Read when the library loads.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(options.model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const input = session.inputMetadata[0];
  if (!input?.isTensor) throw new Error("the model has no tensor input");
  const shape = [options.batch, ...input.shape.slice(1).map(Number)];
  const random = createRandom(1);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, random);
  const feeds = { [input.name]: new Tensor("float32", data, shape) };

  const until = async (end: number, samples: Samples): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await session.run(feeds);
      const after = performance.now();
      samples.add((after - now) * 1000);
      now = after;
    }
  };
  await until(performance.now() + options.warmup * 1000, new Samples());
  const samples = new Samples();
  const started = performance.now();
  await until(started + options.seconds * 1000, samples);
  const seconds = (performance.now() - started) / 1000;
  return {
    rowsPerSecond: (samples.length * options.batch) / seconds,
    p50: percentile(samples.sorted(), 0.5),
    ...(process.platform === "linux" ? { memory: readTreeMemory(process.pid) } : {}),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: "" },
      batch: { type: "string", default: "1" },
      warmup: { type: "string", default: "1" },
      seconds: { type: "string", default: "5" },
    },
  });
  const report = await raw({
    model: values.model,
    batch: Number(values.batch),
    warmup: Number(values.warmup),
    seconds: Number(values.seconds),
  });
  console.log(JSON.stringify(report));
}
