import { relative, resolve } from "node:path";
import type { FusedPipeline, StepFate } from "@longshore/onnx";
import { parseArguments, UsageError } from "./arguments.ts";
import { buildBundle, type Built } from "./build/buildBundle.ts";
import type { Comparison } from "./build/compare.ts";
import { findModel } from "./model.ts";
import { formatBytes, formatTable, printable } from "./table.ts";

export const help = `Put the steps of a bundle's pipeline into its model's graph.

Usage: longshore build <bundle> --out <folder> [--json] [--allow-code]

The steps next to the model that ONNX has operators for become part of the graph: they then run with
the batch, in the runtime, the same everywhere. Which steps do and which stay outside, and why, is
told. The new bundle takes and gives on /predict what the given one does; on the Open Inference
Protocol it has the inputs and outputs of its new graph. Variants of the original do not fit the new
model: run \`longshore optimize\` on the new bundle for its own.

Before anything is written, the golden examples (or, without any, made-up rows) go through both. The
exit code is 1, and nothing is written, if the answers differ by more than single precision does.

Options:
  --out <folder>  where to write the new bundle; it must be empty or not there yet
  --json          what was done as JSON
  --allow-code    load the custom steps of the bundle, which then may do what you may

Examples:
  longshore build examples/breast-cancer --out /srv/bundles/breast-cancer
  longshore build . --out ../built --json`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { out: { type: "string" }, json: { type: "boolean" }, "allow-code": { type: "boolean" } },
    { name: "<bundle>", min: 1, max: 1 },
  );
  if (!values.out) throw new UsageError("say where to with --out <folder>");
  const source = await findModel(positionals[0]!);
  const built = await buildBundle(source, resolve(values.out), values["allow-code"] === true);
  if (values.json) console.log(JSON.stringify(toJson(built), null, 2));
  else console.log(describe(built, values.out));
  return built.written ? 0 : 1;
}

function toJson({ fused, leftOut, written, comparison, bytes }: Built): object {
  const { steps, changes } = fused;
  return { written, steps, changes, leftOut, bytes, comparison };
}

function describe(built: Built, out: string): string {
  const { fused, bytes, leftOut, comparison, written } = built;
  const place = printable(relative("", out) || out);
  const parts = [stepTable(fused), describeComparison(comparison)];
  for (const { name, reason } of leftOut) parts.push(`left out: ${printable(name)} (${reason})`);
  parts.push(
    written
      ? `${place}, its model ${formatBytes(bytes)}`
      : "nothing was written: the new bundle would answer otherwise than the given one",
  );
  return parts.join("\n\n");
}

function stepTable({ steps, changes }: FusedPipeline): string {
  const where = ({ fused, reason }: StepFate): string =>
    fused ? "in the graph" : `outside: ${reason ?? ""}`;
  const table = formatTable(
    steps.map((fate) => [`${fate.phase}[${fate.index}]`, fate.step, where(fate)]),
    ["place", "step", "now"],
  );
  return [table, ...changes.map((change) => `model: ${change}`)].join("\n");
}

function describeComparison({ examples, made, tolerance, worst, problem }: Comparison): string {
  const what = `${examples} ${made ? "made-up rows" : "golden examples"}`;
  if (problem !== undefined) return `compared on ${what}: ${problem}`;
  const difference =
    worst === undefined ? "0" : `${worst.difference.toPrecision(2)} in ${worst.where}`;
  return `compared on ${what}: worst difference ${difference}, of ${tolerance} allowed`;
}
