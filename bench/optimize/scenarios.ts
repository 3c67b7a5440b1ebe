/** What optimising gains and costs, as ratios to the original in the same run. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { modelFile, modelFolder, type ModelName } from "../models.ts";
import type { Row, Timing } from "../scenarios.ts";
import { make, type Form, type MakeReport } from "./make.ts";
import { race } from "./race.ts";

/** A form of a model, what it is run on, and what it must reach. */
interface Entry {
  readonly what: string;
  readonly model: ModelName;
  readonly form: Form;
  readonly shape: readonly number[];
  /** Times as fast, and times smaller, at least. */
  readonly faster: number;
  readonly smaller?: number;
  readonly detail?: string;
}

const IMAGE = [1, 3, 224, 224];

const ENTRIES: readonly Entry[] = [
  {
    what: "resnet50, static int8",
    model: "resnet50",
    form: "static-int8",
    shape: IMAGE,
    faster: 3,
    smaller: 3.8,
  },
  {
    what: "resnet50, half of the channels, static int8",
    model: "resnet50",
    form: "pruned-static-int8",
    shape: IMAGE,
    faster: 5,
  },
  {
    what: "feed-forward, dynamic int8, sequence 128",
    model: "feed-forward",
    form: "dynamic-int8",
    shape: [128, 768],
    faster: 6,
    smaller: 3.9,
    detail:
      "the ratio is the processor's: VNNI multiplies int8 at most 4 × as fast as AVX-512 does fp32",
  },
  {
    what: "feed-forward, int4 weights, sequence 1",
    model: "feed-forward",
    form: "int4",
    shape: [1, 768],
    faster: 6,
    smaller: 7,
  },
];

export async function optimize({ seconds }: Timing): Promise<Row[]> {
  const rows: Row[] = [];
  for (const entry of ENTRIES) {
    const made = await makeForm(entry);
    rows.push(await speedRow(entry, seconds), sizeRow(entry, made));
    // What it costs to make is of interest where samples are run through the model.
    if (entry.form === "static-int8") rows.push(...costRows(entry, made));
  }
  return rows;
}

function makeForm({ model, form }: Entry): Promise<MakeReport> {
  mkdirSync(join(modelFolder(model), "variants"), { recursive: true });
  return make(form, modelFile(model), variantFile(model, form));
}

function variantFile(model: ModelName, form: Form): string {
  return join(modelFolder(model), "variants", `${form}.onnx`);
}

async function speedRow(
  { what, model, form, shape, faster, detail }: Entry,
  seconds: number,
): Promise<Row> {
  const files = [modelFile(model), variantFile(model, form)];
  const [against, served] = (await race(files, { shape, seconds })) as [number, number];
  return {
    what: `${what}: a run, one thread`,
    against,
    served,
    unit: "ms",
    compared: against / served,
    comparedUnit: "×",
    target: { atLeast: faster },
    ...(detail === undefined ? {} : { detail }),
  };
}

function sizeRow({ what, model, smaller }: Entry, { bytes }: MakeReport): Row {
  const original = statSync(modelFile(model)).size;
  return {
    what: `${what}: size`,
    against: original / 1e6,
    served: bytes / 1e6,
    unit: "MB",
    compared: original / bytes,
    comparedUnit: "×",
    ...(smaller === undefined ? {} : { target: { atLeast: smaller } }),
  };
}

function costRows({ what, model }: Entry, { seconds, peakBytes }: MakeReport): Row[] {
  const original = statSync(modelFile(model)).size;
  const time: Row = {
    what: `${what}: making it, calibration included`,
    served: seconds * 1000,
    unit: "ms",
    compared: seconds * 1000,
    comparedUnit: "ms",
    target: { atMost: 5000 },
  };
  if (peakBytes === undefined) return [time];
  const memory: Row = {
    what: `${what}: most memory while making it, against the model's size`,
    against: original / 1e6,
    served: peakBytes / 1e6,
    unit: "MB",
    compared: peakBytes / original,
    comparedUnit: "×",
    target: { atMost: 4 },
  };
  return [time, memory];
}
