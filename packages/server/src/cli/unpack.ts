import { basename, relative } from "node:path";
import { unpackBundle } from "../bundle/unpack.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { formatBytes, formatTable, printable } from "./table.ts";

export const help = `Unpack a bundle that longshore pack wrote.

Usage: longshore unpack <file> [--out <folder>] [--digest <sha256>]

Whatever else an archive may hold is refused: links, devices, absolute paths, paths that lead out of
the folder, names that mean another file on another system, sizes that lie, data after the end. The
folder appears when all of it is written and known to be right; if anything is wrong, nothing is left.

Options:
  --out <folder>     the bundle's folder, which must not exist; the file's name without .bundle.tar
  --digest <sha256>  what longshore pack printed; another file is refused

Examples:
  longshore unpack digits.bundle.tar
  longshore unpack digits.bundle.tar --out models/digits --digest sha256:9f86d081…`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { out: { type: "string" }, digest: { type: "string" } },
    { name: "<file>", min: 1, max: 1 },
  );
  const [file] = positionals as [string];
  const name = basename(file).replace(/(?:\.bundle)?\.tar$/, "");
  if (values.out === undefined && name === basename(file))
    throw new UsageError(`name the folder with --out, as "${file}" does not end in .tar`);
  const out = values.out ?? name;
  const unpacked = await unpackBundle(file, out, toDigest(values.digest));
  console.log(formatTable(unpacked.files.map((entry) => [entry.name, formatBytes(entry.bytes)])));
  console.log(`\n${printable(relative("", out))}\nsha256:${unpacked.digest}`);
  return 0;
}

function toDigest(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text)?.[1];
  if (digest === undefined)
    throw new UsageError(`--digest takes a SHA-256 of 64 hexadecimal digits, got "${text}"`);
  return digest.toLowerCase();
}
