/**
 * What a pipeline of a table costs: 30 number columns through impute, clip, standardize and combine,
 * as the plain reference on this thread, and in a model's graph (`longshore build`) against the same
 * model without any steps, in turns.
 *
 *     node bench/pipelines.ts 5
 */
import { fileURLToPath } from "node:url";
import type { Model } from "@longshore/onnx";
import { buildTablePerceptron, buildTrees } from "./pipelineModels.ts";
import { createRandom } from "./random.ts";
import type { Row, Timing } from "./scenarios.ts";
import { runScript } from "./script.ts";
import { median } from "./statistics.ts";

const WIDTH = 30;
const BATCH = 1000;
/** Share of the values that callers leave out. */
const MISSING = 0.05;

const MODELS: Readonly<Record<string, (random: () => number) => Model>> = {
  "100 boosted trees of depth 6": (random) => buildTrees(random, WIDTH, { count: 100, depth: 6 }),
  "30-256-2 perceptron": (random) => buildTablePerceptron(random, WIDTH, 256),
  "30-64-2 perceptron": (random) => buildTablePerceptron(random, WIDTH, 64),
};

interface Report {
  /** Microseconds a row, by the rows of a call. */
  readonly reference: Readonly<Record<"1" | "100", number>>;
  readonly models: readonly ModelReport[];
}

interface ModelReport {
  readonly name: string;
  /** Median milliseconds of a run of {@link BATCH} rows. */
  readonly bare: number;
  readonly lowered: number;
  readonly operators: readonly string[];
}

export async function pipelines({ seconds }: Timing): Promise<Row[]> {
  const report = (await runScript(fileURLToPath(import.meta.url), {
    args: [String(seconds)],
    limit: seconds * 5 + 60,
  })) as Report;
  const rows = (["1", "100"] as const).map((count): Row => {
    const perRow = report.reference[count];
    return {
      what: `pipeline of ${WIDTH} columns, outside of the graph, ${count} row${count === "1" ? "" : "s"} a call`,
      served: perRow,
      unit: "µs/row",
      compared: perRow,
      comparedUnit: "µs",
      target: { atMost: 20 },
    };
  });
  const inGraph = report.models.map(({ name, bare, lowered, operators }): Row => {
    return {
      what: `${name}, ${BATCH} rows, with the pipeline in the graph`,
      against: bare,
      served: lowered,
      unit: "ms",
      compared: lowered / bare,
      comparedUnit: "×",
      target: { atMost: 1.3 },
      detail: `against the model without steps; the graph: ${operators.join(", ")}`,
    };
  });
  return [...rows, ...inGraph];
}

const NAMES = Array.from({ length: WIDTH }, (_, index) => `column_${index}`);

function manifestOf(random: () => number): object {
  const each = (make: () => number): number[] => NAMES.map(make);
  return {
    inputs: Object.fromEntries(NAMES.map((name) => [name, { type: "number", optional: true }])),
    pipeline: {
      before: [
        { step: "impute", columns: NAMES, values: each(() => random()) },
        {
          step: "clip",
          columns: NAMES,
          min: each(() => -2 - random()),
          max: each(() => 2 + random()),
        },
        {
          step: "standardize",
          columns: NAMES,
          mean: each(() => random() - 0.5),
          scale: each(() => 0.5 + random()),
        },
        { step: "combine", columns: NAMES, into: "input" },
      ],
    },
  };
}

async function run(seconds: number): Promise<Report> {
  const { toManifest } = await import("@longshore/core/manifest");
  const { preparePipeline } = await import("@longshore/core/pipeline");
  const { fusePipeline, readSignature } = await import("@longshore/onnx");
  const random = createRandom(7);
  const read = toManifest(manifestOf(random));
  if ("problem" in read) throw new Error(read.problem);
  const nothing = (): never => {
    throw new Error("this pipeline needs no files");
  };
  const platform = { readFile: nothing, readImage: nothing, importModule: nothing };
  const models: ModelReport[] = [];
  let reference: Report["reference"] | undefined;
  for (const [name, build] of Object.entries(MODELS)) {
    const bare = build(random);
    const signature = readSignature(bare);
    const pipeline = await preparePipeline(read.manifest, signature, platform);
    reference ??= {
      "1": timeReference(pipeline, 1, random, seconds / 2),
      "100": timeReference(pipeline, 100, random, seconds / 2),
    };
    const fused = fusePipeline(bare, signature, pipeline);
    const [first, second] = await race([bare, fused.model], random, seconds);
    const operators = fused.model.graph.nodes.map(({ opType }) => opType);
    models.push({ name, bare: first!, lowered: second!, operators });
  }
  return { reference: reference!, models };
}

type Pipeline = Awaited<ReturnType<typeof import("@longshore/core/pipeline").preparePipeline>>;

/** Median microseconds a row. */
function timeReference(
  pipeline: Pipeline,
  rows: number,
  random: () => number,
  seconds: number,
): number {
  const given = NAMES.map((name) => {
    const values = Float64Array.from({ length: rows }, () => valueOf(random));
    return [name, { kind: "number", values }] as const;
  });
  const times: number[] = [];
  // A sample is as long as a thousand rows, well above what the clock tells apart.
  const calls = Math.ceil(1000 / rows);
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    const start = performance.now();
    for (let call = 0; call < calls; call++)
      void pipeline.before({ rows, columns: new Map(given) }, { flags: [], placements: new Map() });
    times.push(((performance.now() - start) * 1000) / (calls * rows));
  }
  return median(times);
}

/** Normal enough: four times uniform in ±1, or missing. */
function valueOf(random: () => number, missing = MISSING): number {
  return random() < missing ? Number.NaN : random() + random() + random() + random() - 2;
}

/** As long as many runs: each model finds its weights in the caches. */
const TURN_MS = 50;

/** Median milliseconds of a run of each model, in turns, one thread. */
async function race(
  models: readonly Model[],
  random: () => number,
  seconds: number,
): Promise<number[]> {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const { writeModel } = await import("@longshore/onnx");
  const racers = await Promise.all(
    models.map(async (each, index) => {
      const session = await InferenceSession.create(Buffer.concat(writeModel(each)), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      const data = Float32Array.from({ length: BATCH * WIDTH }, () =>
        valueOf(random, index === 0 ? 0 : MISSING),
      );
      const feeds = { [session.inputNames[0]!]: new Tensor("float32", data, [BATCH, WIDTH]) };
      return { session, feeds, times: [] as number[] };
    }),
  );
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    for (const { session, feeds, times } of racers) {
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

if (import.meta.main) console.log(JSON.stringify(await run(Number(process.argv[2] ?? 5))));
