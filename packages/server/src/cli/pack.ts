import { relative } from "node:path";
import { fail } from "@longshore/core";
import { packBundle } from "../bundle/pack.ts";
import { parseArguments } from "./arguments.ts";
import { checkBundle, findBundles } from "./check/checkBundle.ts";
import { describe, hasErrors } from "./check/report.ts";
import { formatBytes, formatTable, printable } from "./table.ts";

export const help = `Pack a bundle into one file, the same on every machine.

Usage: longshore pack <bundle> [--out <file>]

The file is an uncompressed tar archive of everything in the bundle's folder, apart from hidden files
and what editors, Python and npm leave behind, which are named. It holds no times, owners and
permissions: its SHA-256, which is printed, follows from the files alone. Links are refused.

The bundle is checked first, as by \`longshore check\`; one with errors is not packed.

Options:
  --out <file>  the archive, <name>.bundle.tar by default; overwritten if it is there

Examples:
  longshore pack examples/digits
  longshore pack . --out /srv/bundles/digits-7.bundle.tar`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { out: { type: "string" } },
    { name: "<bundle>", min: 1, max: 1 },
  );
  const [path] = positionals as [string];
  const [folder, ...others] = await findBundles(path);
  if (folder === undefined || others.length > 0)
    throw fail("MODEL_INVALID", { file: path, problem: "holds several bundles; name one of them" });
  const report = await checkBundle(folder, false);
  if (hasErrors(report)) {
    console.error(describe(report));
    return 1;
  }
  const out = values.out ?? `${report.name}.bundle.tar`;
  const { files, leftOut, bytes, digest } = await packBundle(folder, out, report.named);
  console.log(formatTable(files.map((file) => [file.name, formatBytes(file.bytes)])));
  for (const name of leftOut) console.log(`left out: ${printable(name)}`);
  console.log(`\n${printable(relative("", out))}, ${formatBytes(bytes)}\nsha256:${digest}`);
  return 0;
}
