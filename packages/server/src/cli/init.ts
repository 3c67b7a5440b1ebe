import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fail } from "@longshore/core";
import { manifestSchema } from "@longshore/core/manifest";
import { toServable } from "@longshore/onnx";
import { readCsv } from "../data/csv.ts";
import { readDataFile, toText } from "../data/file.ts";
import { readModelFile } from "../engine/modelFile.ts";
import { parseArguments, toChoice, UsageError } from "./arguments.ts";
import { checkBundle } from "./check/checkBundle.ts";
import { describe, hasErrors } from "./check/report.ts";
import { codeBundleFiles } from "./init/code.ts";
import { readColumns, type DataColumn } from "./init/columns.ts";
import { exists, findSchema, placeBundle } from "./init/place.ts";
import type { Task } from "./init/outputs.ts";
import { propose } from "./init/propose.ts";
import { writeDraft } from "./init/writeDraft.ts";

const TASKS: readonly Task[] = manifestSchema.shape.task.unwrap().options;

export const help: string = `Write a first bundle.yaml by looking at a model and its training data.

Usage: longshore init <model.onnx> [--data <file.csv>] [--target <column>] [options]
       longshore init --code <folder>

The graph tells inputs, outputs and classes; the data tell the names of columns, their ranges,
categories, examples and missing values. What can only be guessed, such as how images were cut, is
marked "check" in the comments. Fitted values such as means are never invented. The same model and
data give the same text, and it is checked as by \`longshore check\`.

Options:
  --data <file>      training data as CSV with a header, of inputs and target
  --target <column>  what the model foretells; by default the last column, if there is one more than
                     the model takes
  --task <task>      what kind of question it answers, where that is not plain:
                     ${TASKS.slice(0, 3).join(", ")},
                     ${TASKS.slice(3, 6).join(", ")},
                     ${TASKS.slice(6).join(", ")}
  --out <folder>     the bundle's folder, to which the model is copied; by default the model's own
  --code             write the first files of a bundle whose model is code, into a folder
  --force            overwrite what is there

Examples:
  longshore init model.onnx
  longshore init churn.onnx --data train.csv --target churned --out models/churn
  longshore init encoder.onnx --task feature-extraction
  longshore init --code models/parcels`;

const OPTIONS = {
  data: { type: "string" },
  target: { type: "string" },
  task: { type: "string" },
  out: { type: "string" },
  code: { type: "boolean" },
  force: { type: "boolean" },
} as const;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(args, OPTIONS, {
    name: args.includes("--code") ? "<folder>" : "<model.onnx>",
    min: 1,
    max: 1,
  });
  const [path] = positionals as [string];
  const { code = false, force = false, ...options } = values;
  return code ? initCode(path, options, force) : initModel(path, options, force);
}

interface Options {
  readonly data?: string | undefined;
  readonly target?: string | undefined;
  readonly task?: string | undefined;
  readonly out?: string | undefined;
}

async function initModel(path: string, options: Options, force: boolean): Promise<number> {
  const { data, target, out } = options;
  if (target !== undefined && data === undefined)
    throw new UsageError("--target names a column of --data, which is missing");
  const task = options.task === undefined ? undefined : toChoice("--task", options.task, TASKS);
  const { model, externalFiles } = await readModelFile(path);
  const { signature } = toServable(model, path);
  const columns = data === undefined ? undefined : await readData(data, target);
  const tokenizerFile = join(dirname(path), "tokenizer.json");
  const tokenizer = await readTokenizer(tokenizerFile);
  const draft = propose({ model, signature, task, columns, target, tokenizer });

  const folder = out ?? dirname(path);
  const file = basename(path);
  const text = writeDraft(
    {
      name: nameOf(path, out),
      model: file === "model.onnx" ? undefined : file,
      schema: await findSchema(folder),
      sources: [file, ...(data === undefined ? [] : [basename(data)])],
    },
    draft,
  );
  const tokenizes = draft.before.some(({ step }) => step === "tokenize");
  const files = [path, ...externalFiles, ...(tokenizes && tokenizer ? [tokenizerFile] : [])];
  await placeBundle(folder, new Map([["bundle.yaml", text]]), files, force);
  return report(folder);
}

async function initCode(folder: string, options: Options, force: boolean): Promise<number> {
  const other = Object.entries(options).find(([, value]) => value !== undefined);
  if (other !== undefined) throw new UsageError(`--${other[0]} does not go with --code`);
  await placeBundle(folder, codeBundleFiles(toName(basename(resolve(folder)))), [], force);
  return report(folder);
}

async function report(folder: string): Promise<number> {
  console.log(relative("", join(folder, "bundle.yaml")));
  const checked = await checkBundle(folder, false);
  console.log(describe(checked));
  return hasErrors(checked) ? 1 : 0;
}

async function readData(path: string, target: string | undefined): Promise<DataColumn[]> {
  const file = await readDataFile(path);
  if (file.format !== "csv")
    throw fail("DATA_INVALID", { file: path, problem: "expected CSV with a header line" });
  const columns = readColumns(readCsv(toText(file), path));
  if (target === undefined || columns.some(({ name }) => name === target)) return columns;
  const names = columns.map(({ name }) => name).join(", ");
  throw fail("DATA_INVALID", { file: path, problem: `has no column "${target}", but ${names}` });
}

async function readTokenizer(path: string): Promise<unknown> {
  if (!(await exists(path))) return undefined;
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw fail("DATA_INVALID", { file: path, problem: (error as Error).message });
  }
}

/** The folder's name where there is one of its own, else the model's file's. */
function nameOf(path: string, out: string | undefined): string {
  const stem = basename(path, extname(path));
  const name =
    out !== undefined || stem === "model" ? basename(resolve(out ?? dirname(path))) : stem;
  return toName(name);
}

function toName(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "model";
}
