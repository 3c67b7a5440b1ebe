import { existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { isTargetName, meetsNeeds, TARGETS, targetOf, type TargetName } from "@longshore/onnx";
import { readCpuFacts } from "../engine/cpuFeatures.ts";
import type { Goal } from "../optimize/choose.ts";
import { METRIC_NAMES } from "../optimize/metrics.ts";
import { checkDestination } from "../optimize/checkDestination.ts";
import { place, PlaceError, type Destination, type Grant, type Placed } from "../optimize/place.ts";
import type { SearchRecord } from "../optimize/record.ts";
import type { SampleOptions } from "../optimize/samples.ts";
import { search } from "../optimize/search.ts";
import { formatShare } from "../registry/golden.ts";
import type { ModelSource } from "../registry/scan.ts";
import { version } from "../version.ts";
import { parseArguments, toChoice, toCount, UsageError } from "./arguments.ts";
import { findModel } from "./model.ts";
import { checkOriginal, measureGrant } from "./optimize/grant.ts";
import { Progress } from "./optimize/progress.ts";
import { toReport } from "./optimize/report.ts";
import { toScreen } from "./optimize/screen.ts";

export const help: string = `Find a faster or smaller form of a model, and prove what it costs.

Usage: longshore optimize <model> --data FILE [options]

<model> is an .onnx file or a bundle folder. Every variant that pays on the target is
made, judged on the samples and timed on this machine in turns with the original: int8
(dynamic and calibrated), mixed precision, int4, fp16, pruning. The original is kept
when nothing is surely better.

Samples:
  --data FILE        CSV, JSONL, NPY, NPZ, or a folder of images; a fifth of the rows
                     (128 at most) serves for calibration, the others for judging
  --labels NAME      column, field or array with the true answers; images are labelled
                     by their sub-folders. Without labels, variants are compared with
                     the original's answers
  --mean, --std      of images, a number a channel: 0.485,0.456,0.406

What to look for:
  --metric NAME      ${METRIC_NAMES.join(", ")}; by default what fits the labels
  --max-drop NUMBER  loss that is allowed (default 0.01)
  --for GOAL         speed (default) or size
  --target NAME      where it will run: ${Object.keys(TARGETS).slice(0, 4).join(", ")},
                     ${Object.keys(TARGETS).slice(4).join(", ")}; this machine by default
  --batch N          rows of a run under load (default 8, or the bundle's maxBatchSize
                     where that is less)

Outcome:
  --out FILE         where to write the model. By default a bundle gets it as a variant,
                     which the server then picks on machines that it fits; a model.onnx
                     gets a model.optimized.onnx beside it. A record (.json) and a
                     report (.html) lie beside it
  --json             the record as JSON
  --allow-code       run the bundle's custom steps, for its golden examples

A bundle with golden examples is asked them before the search. A variant of it gets the \`tolerance\`
and \`agreement\` that its own answers call for, with a margin: twice the distance that 95 of 100
answers stay within, and one more example of a hundred that may turn out differently. A server
holds it to that whenever it loads it.

Examples:
  longshore optimize examples/digits --data examples/digits/test.csv --labels digit
  longshore optimize model.onnx --data samples.npz --max-drop 0.005 --for size
  longshore optimize resnet50/ --data photos/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225`;

/** Rounds of timing: a median of twelve is known to a few percent on a busy machine too. */
const ROUNDS = 12;
const DEFAULT_BATCH = 8;
/** More than any server puts together. */
const MAX_BATCH = 65_536;
/** As a shell reports a program that Ctrl-C ended. */
const INTERRUPTED = 130;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      data: { type: "string" },
      labels: { type: "string" },
      mean: { type: "string" },
      std: { type: "string" },
      metric: { type: "string" },
      "max-drop": { type: "string", default: "0.01" },
      for: { type: "string" },
      target: { type: "string" },
      batch: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean" },
      "allow-code": { type: "boolean" },
    },
    { name: "<model>", min: 1, max: 1 },
  );
  if (!values.data) throw new UsageError("give samples with --data FILE");
  const path = positionals[0]!;
  const maxDrop = toNumber("--max-drop", values["max-drop"]);
  const sampleOptions = toSampleOptions(values);
  const metric =
    values.metric === undefined ? undefined : toChoice("--metric", values.metric, METRIC_NAMES);
  const { target, goal } = await toAim(values.target, values.for);
  const batch = values.batch === undefined ? undefined : toCount("--batch", values.batch);
  if (batch === 0 || (batch ?? 0) > MAX_BATCH)
    throw new UsageError(`--batch takes a number from 1 to ${MAX_BATCH}, got ${values.batch}`);
  const source = await findModel(path, values["allow-code"]);
  const destination = await toDestination(path, source, values.out);
  await checkDestination(destination);
  if (destination.kind === "bundle") await checkOriginal(source);

  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Error("interrupted"));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, interrupt);
  const progress = new Progress(process.stderr);
  try {
    await using found = await search({
      model: { name: source.name, version: source.version, file: relative("", source.file) },
      signature: source.manifest.signature,
      data: values.data,
      sampleOptions,
      metric,
      maxDrop,
      goal,
      target,
      batch: batch ?? Math.min(DEFAULT_BATCH, source.manifest.batching?.maxBatchSize ?? Infinity),
      rounds: ROUNDS,
      longshore: version,
      signal: interruption.signal,
      onProgress: (what, how) => progress.show(what, how),
    });
    progress.clear();
    for (const note of found.notes) console.error(`note: ${note}`);
    const format = (value: number): string => found.metric.format(value);
    const placed = await place(found, destination, (record) => toReport(record, format));
    if (values.json) console.log(JSON.stringify({ ...found.record, written: placed }, null, 2));
    else
      console.log(
        `${toScreen(found.record, format)}\n\n${whatNow(placed, destination, path, source, found.record)}`,
      );
    return 0;
  } catch (error) {
    progress.clear();
    if (!interruption.signal.aborted) throw withAdvice(error);
    console.error("longshore: interrupted; nothing was written");
    return INTERRUPTED;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt);
  }
}

/** Candidates are made among the temporary files: where these find no room, the error says so. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PlaceError) return error;
  const { message } = error;
  if (!message.includes("ENOSPC")) return error;
  return new Error(`${tmpdir()} is full; set TMPDIR to a folder with more room: ${message}`, {
    cause: error,
  });
}

/** As short as it can be copied from the screen. */
function shown(path: string): string {
  const fromHere = relative("", path);
  return fromHere.startsWith("..") ? path : fromHere;
}

/** What was written, and what to run next. */
function whatNow(
  { model, record, report, manifest, granted }: Placed,
  destination: Destination,
  path: string,
  { manifest: { variants = [] } }: ModelSource,
  { rules }: SearchRecord,
): string {
  const evidence = `The report is ${shown(report)}, the record ${shown(record)}.`;
  if (model === undefined && destination.kind === "file")
    return existsSync(destination.file)
      ? `${evidence}\n${shown(destination.file)} was there before and is not what this search recommends.`
      : evidence;
  if (model === undefined) {
    const served = variants.filter(({ target }) => target === rules.target).map(({ name }) => name);
    if (served.length === 0) return evidence;
    return `${evidence}\nThe bundle lists ${served.join(", ")} for this target from an earlier search, which the server\ntakes: remove it from bundle.yaml to serve the original.`;
  }
  const wrote = `Wrote ${shown(model)}${manifest === undefined ? "" : ` and listed it in ${shown(manifest)}`}. ${evidence}${describeGrant(granted)}`;
  const served = manifest === undefined ? shown(model) : path;
  return `${wrote}\n\nNext: longshore serve ${served}`;
}

/** What the golden examples showed. */
function describeGrant(granted: Grant | undefined): string {
  if (granted === undefined) return "";
  const { tolerance, agreement } = granted;
  if (tolerance === undefined && agreement === undefined)
    return "\nIt gives the golden answers within the bundle's own tolerance.";
  const share = agreement === undefined ? "all" : formatShare(agreement);
  const distance = tolerance === undefined ? "that" : `${tolerance}`;
  return `\nIt does not give all golden answers within the bundle's tolerance: bundle.yaml now asks of it that\n${share} of them are within ${distance}.`;
}

async function toDestination(
  path: string,
  source: ModelSource,
  out: string | undefined,
): Promise<Destination> {
  const { file, folder, manifest } = source;
  if (out !== undefined) {
    if (!out.endsWith(".onnx")) throw new UsageError(`--out takes an .onnx file, got "${out}"`);
    if ((await realpath(out).catch(() => undefined)) === (await realpath(file)))
      throw new UsageError(`--out is the model itself, which is kept; name another file`);
    return { kind: "file", file: out };
  }
  if ((await stat(path)).isDirectory()) {
    const grant =
      manifest.golden && ((variant: string): Promise<Grant> => measureGrant(source, variant));
    return { kind: "bundle", folder, model: file, signature: manifest.signature, grant };
  }
  return { kind: "file", file: join(dirname(file), `${basename(file, ".onnx")}.optimized.onnx`) };
}

/** For whom, and for what. Speed is only known where it was measured. */
async function toAim(
  name: string | undefined,
  goal: string | undefined,
): Promise<{ target: TargetName; goal: Goal }> {
  const cpu = await readCpuFacts();
  const target = name ?? targetOf(cpu).name;
  if (!isTargetName(target)) {
    const names = Object.keys(TARGETS).join(", ");
    throw new UsageError(`--target takes one of ${names}, got "${target}"`);
  }
  const wanted = goal === undefined ? undefined : toChoice("--for", goal, ["speed", "size"]);
  if (meetsNeeds(TARGETS[target], cpu)) return { target, goal: wanted ?? "speed" };
  if (wanted === "speed") {
    throw new UsageError(
      `this machine cannot tell what is fast on ${target}; use --for size, or optimize on such a machine`,
    );
  }
  return { target, goal: "size" };
}

function toSampleOptions({
  labels,
  mean,
  std,
}: {
  readonly labels?: string;
  readonly mean?: string;
  readonly std?: string;
}): SampleOptions {
  if ((mean === undefined) !== (std === undefined))
    throw new UsageError("give --mean and --std together");
  const normalization =
    mean === undefined || std === undefined
      ? undefined
      : { mean: toNumbers("--mean", mean), std: toNumbers("--std", std) };
  return { labels, normalization };
}

function toNumbers(option: string, text: string): number[] {
  return text.split(",").map((part) => toNumber(option, part.trim()));
}

function toNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`${option} takes numbers of at least 0, got "${text}"`);
  return value;
}
