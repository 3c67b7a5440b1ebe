import { relative } from "node:path";
import type { TensorSpec } from "@longshore/core";
import {
  inferShapes,
  inspect,
  type Inspection,
  overrideSignature,
  printModel,
} from "@longshore/onnx";
import { readModelFile } from "../engine/modelFile.ts";
import type { ModelSource } from "../registry/scan.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { termsOf, termsTables } from "./inspect/terms.ts";
import { readVariants, variantTable, type VariantFacts } from "./inspect/variants.ts";
import { inspectEnsemble, stepTable, type EnsembleInspection } from "./ensemble/inspectEnsemble.ts";
import { findModel, findSource } from "./model.ts";
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatTable,
  printable,
  type Cell,
} from "./table.ts";

export const help = `Show what a model takes, gives and consists of, without running it.

Usage: longshore inspect <model> [--json | --graph]

<model> is an .onnx file, a bundle folder, or a folder of versions (the newest is shown). Of an
ensemble, its steps are shown, and what passes through the models beside it.
A model that is damaged, unsafe or cannot be served is an error that says why.

FLOPs are operations on numbers in one run: two for each multiply-accumulate, one for each element
of other arithmetic. Activations are what all nodes give, together. Symbolic axes count as 1.

Options:
  --json   everything as JSON
  --graph  the graph as text, a node a line, with types and shapes as far as they are known

Examples:
  longshore inspect examples/digits
  longshore inspect examples/digits --graph
  longshore inspect examples/breast-cancer/model.onnx --json`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { json: { type: "boolean" }, graph: { type: "boolean" } },
    { name: "<model>", min: 1, max: 1 },
  );
  if (values.graph && values.json) throw new UsageError("--graph gives text, --json does not");
  const found = await findSource(positionals[0]!, false);
  if (found.manifest.ensemble !== undefined && !values.graph) {
    const inspected = await inspectEnsemble(found);
    console.log(values.json ? ensembleJson(found, inspected) : ensembleText(found, inspected));
    return 0;
  }
  const source = await findModel(positionals[0]!);
  const path = relative("", source.file);
  const file = await readModelFile(source.file);
  const { bytes } = file;
  const model = overrideSignature(file.model, source.manifest.signature ?? {}, path);
  if (values.graph) {
    console.log(printModel(inferShapes(model)));
    return 0;
  }
  const inspection = inspect(model, path);
  const variants = await readVariants(source);
  if (values.json) {
    console.log(
      JSON.stringify(
        {
          name: source.name,
          version: source.version,
          path,
          bytes,
          ...inspection,
          bundle: termsOf(source.manifest),
          variants,
        },
        null,
        2,
      ),
    );
  } else {
    console.log(sections(source, path, bytes, inspection, variants).join("\n\n"));
  }
  return 0;
}

function sections(
  source: ModelSource,
  path: string,
  bytes: number,
  inspection: Inspection,
  variants: readonly VariantFacts[],
): string[] {
  const { signature, operators, externalData } = inspection;
  return [
    formatTable([
      ["model", `${source.name}, version ${source.version}`],
      ...(source.manifest.description === undefined
        ? []
        : [["about", source.manifest.description]]),
      ...(source.manifest.licence === undefined ? [] : [["licence", source.manifest.licence]]),
      [
        "file",
        `${path}, ${formatBytes(bytes)}${externalData.length > 0 ? " with external data" : ""}`,
      ],
      ...facts(inspection),
    ]),
    ...variantTable(variants),
    ...termsTables(source.manifest),
    specTable("input", signature.inputs),
    specTable("output", signature.outputs),
    operatorTable(operators),
    ...(externalData.length > 0 ? [externalTable(inspection)] : []),
    ...(inspection.docString === "" ? [] : [`description:\n${indent(inspection.docString)}`]),
  ];
}

function ensembleJson(source: ModelSource, inspected: EnsembleInspection): string {
  const { name, version, manifest, file } = source;
  const about = { name, version, path: relative("", file) };
  return JSON.stringify({ ...about, ...inspected, bundle: termsOf(manifest) }, null, 2);
}

function ensembleText(source: ModelSource, inspected: EnsembleInspection): string {
  const { name, version, manifest, file } = source;
  const { signature, notes } = inspected;
  return [
    formatTable([
      ["ensemble", `${name}, version ${version}`],
      ...(manifest.description === undefined ? [] : [["about", manifest.description]]),
      ["file", relative("", file)],
      ...notes.map((note) => ["note", printable(note)]),
    ]),
    stepTable(inspected),
    ...termsTables(manifest),
    ...(signature === undefined
      ? []
      : [specTable("input", signature.inputs), specTable("output", signature.outputs)]),
  ].join("\n\n");
}

function facts(inspection: Inspection): Cell[][] {
  const {
    batch,
    changes,
    functions,
    metadata,
    modelVersion,
    opsets,
    parameters,
    parametersByType,
  } = inspection;
  const types = parametersByType.map(({ type, bytes }) => `${type} ${formatBytes(bytes)}`);
  const operatorSets = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  return [
    ["format", `ONNX IR ${inspection.irVersion}, opset ${operatorSets.join(", ")}`],
    ...(inspection.producer === "" ? [] : [["producer", inspection.producer]]),
    ...(modelVersion ? [["model version", modelVersion.toString()]] : []),
    [
      "parameters",
      `${formatCount(parameters.count)}${types.length > 0 ? ` (${types.join(", ")})` : ""}`,
    ],
    ...costFacts(inspection),
    ["batching", `${batch.batchable ? "possible" : "not possible"}: ${batch.reason}`],
    ...(changes.length === 0 ? [["to serve it", "nothing has to change"]] : []),
    ...changes.map((change, index) => [index === 0 ? "to serve it" : "", change]),
    ...(functions.length > 0 ? [["functions", functions.join(", ")]] : []),
    ...Object.entries(metadata).map(([key, value]) => [key, shorten(value)]),
  ];
}

function specTable(what: string, specs: readonly TensorSpec[]): string {
  const labelled = specs.some((spec) => spec.labels !== undefined);
  return formatTable(
    specs.map(({ name, datatype, shape, labels = [] }) => [
      name,
      datatype,
      `[${shape.join(", ")}]`,
      ...(labelled ? [shorten(labels.join(", "))] : []),
    ]),
    [what, "type", "shape", ...(labelled ? ["labels"] : [])],
  );
}

function operatorTable(operators: Inspection["operators"]): string {
  return formatTable(
    operators.map(({ operator, count, parameters, ...costs }): Cell[] => [
      operator,
      count,
      formatCount(parameters),
      atLeast(formatQuantity(costs.flops), costs.withoutFlops, count),
      atLeast(formatBytes(costs.activationBytes), costs.withoutActivation, count),
    ]),
    ["operator", "nodes", "parameters", "FLOPs", "activations"],
  );
}

/** A sum that leaves some nodes out, or all of them. */
function atLeast(sum: string, without: number, nodes: number): string {
  if (without === 0) return sum;
  return without >= nodes ? "?" : `≥ ${sum}`;
}

/** What a run calculates and gives, with the lengths that are assumed for it. */
function costFacts({ costs, operators, signature }: Inspection): Cell[][] {
  const nodes = operators.reduce((sum, { count }) => sum + count, 0);
  const axes = signature.inputs.flatMap(({ shape }) => shape);
  const symbols = [...new Set(axes.filter((axis) => typeof axis === "string"))];
  const assumed = symbols.length > 0 ? `, where ${symbols.join(", ")} = 1` : "";
  const flops = atLeast(formatQuantity(costs.flops), costs.withoutFlops, nodes);
  const bytes = atLeast(formatBytes(costs.activationBytes), costs.withoutActivation, nodes);
  return [
    ["compute", `${flops} FLOPs, ${formatQuantity(costs.macs)} multiply-accumulates${assumed}`],
    ["activations", `${bytes}${assumed}`],
  ];
}

function externalTable({ externalData }: Inspection): string {
  return formatTable(
    externalData.map(({ tensor, location, offset, length }) => [
      tensor,
      location,
      offset,
      formatBytes(length),
    ]),
    ["external data of", "file", "offset", "size"],
  );
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${printable(line)}`)
    .join("\n");
}

/** Metadata may hold whole documents, and labels a thousand names: the JSON has them in full. */
function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}…`;
}
