import { relative } from "node:path";
import type { TensorSpec } from "@longshore/core";
import { inspect, type Inspection } from "@longshore/onnx";
import { readModelFile } from "../engine/modelFile.ts";
import type { ModelSource } from "../registry/scan.ts";
import { parseArguments } from "./arguments.ts";
import { findModel } from "./model.ts";
import { formatBytes, formatCount, formatTable, printable, type Cell } from "./table.ts";

export const help = `Show what a model takes, gives and consists of, without running it.

Usage: longshore inspect <model> [--json]

<model> is an .onnx file, a bundle folder, or a folder of versions (the newest is shown).
A model that is damaged, unsafe or cannot be served is an error that says why.

Options:
  --json   everything as JSON

Examples:
  longshore inspect examples/digits
  longshore inspect examples/breast-cancer/model.onnx --json`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { json: { type: "boolean" } },
    { name: "<model>", min: 1, max: 1 },
  );
  const source = await findModel(positionals[0]!);
  const path = relative("", source.file);
  const { model, bytes } = await readModelFile(source.file);
  const inspection = inspect(model, path);
  if (values.json) {
    console.log(
      JSON.stringify(
        { name: source.name, version: source.version, path, bytes, ...inspection },
        null,
        2,
      ),
    );
  } else {
    console.log(sections(source, path, bytes, inspection).join("\n\n"));
  }
  return 0;
}

function sections(
  source: ModelSource,
  path: string,
  bytes: number,
  inspection: Inspection,
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
    specTable("input", signature.inputs),
    specTable("output", signature.outputs),
    formatTable(
      operators.map(({ operator, count }): Cell[] => [operator, count]),
      ["operator", "nodes"],
    ),
    ...(externalData.length > 0 ? [externalTable(inspection)] : []),
    ...(inspection.docString === "" ? [] : [`description:\n${indent(inspection.docString)}`]),
  ];
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
