import { relative } from "node:path";
import { parseArguments } from "./arguments.ts";
import { checkBundle, findBundles, type BundleReport } from "./check/checkBundle.ts";
import { describe, hasErrors } from "./check/report.ts";

export const help = `Check bundles without running their models.

Usage: longshore check <bundle>… [--json] [--allow-code]

<bundle> is a bundle's folder, its bundle.yaml, or a folder of bundles.

Looked at are bundle.yaml, the files that it names, graphs and variants, the pipeline from end to
end against the model's inputs and outputs, an ensemble against the models beside it, golden
examples and statistics. What is wrong is told with file, line and column, and what was probably
meant. The exit code is 1 if there are errors; warnings and notes leave it at 0.

Options:
  --json        the findings as JSON
  --allow-code  load the custom steps of bundles, which then may do what you may

Examples:
  longshore check .
  longshore check examples
  longshore check model-repository --json`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { json: { type: "boolean" }, "allow-code": { type: "boolean" } },
    { name: "<bundle>", min: 1, max: Number.POSITIVE_INFINITY },
  );
  const folders = (await Promise.all(positionals.map(findBundles))).flat();
  const reports: BundleReport[] = [];
  for (const folder of new Set(folders))
    reports.push(await checkBundle(folder, values["allow-code"] === true));
  if (values.json) console.log(JSON.stringify(reports.map(toJson), null, 2));
  else for (const report of reports) console.log(describe(report));
  return reports.some(hasErrors) ? 1 : 0;
}

function toJson(report: BundleReport): object {
  const { name, findings } = report;
  return { bundle: relative("", report.folder) || ".", name, ok: !hasErrors(report), findings };
}
