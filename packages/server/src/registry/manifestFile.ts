import { readFile } from "node:fs/promises";
import { fail, type LongshoreError } from "@longshore/core";
import type { Manifest, ManifestProblem, PlacedProblem } from "@longshore/core/manifest";

/** Loaded when first needed: plain .onnx files do without their 12 MB. */
const manifests = (): Promise<typeof import("@longshore/core/manifest")> =>
  import("@longshore/core/manifest");

/**
 * Reads a `bundle.yaml`.
 *
 * @throws LongshoreError MANIFEST_INVALID `bundle.yaml:12:7: …` with the first problem and how many
 *   more there are.
 */
export async function readManifestFile(file: string): Promise<Manifest> {
  const { readManifest } = await manifests();
  const read = readManifest(await readFile(file, "utf8"));
  if ("manifest" in read) return read.manifest;
  const [first, ...others] = read.problems;
  throw await invalid(file, first!, others.length);
}

/**
 * The error for something that is wrong with a bundle though its manifest fits the schema, such as
 * a `PipelineProblem`: with its line and column, as the file is now.
 */
export async function toManifestError(
  file: string,
  problem: ManifestProblem,
): Promise<LongshoreError> {
  const { readManifest } = await manifests();
  const read = readManifest(await readFile(file, "utf8"));
  // An error's message is not among what a copy of it takes over.
  const plain = { ...problem, message: problem.message };
  return invalid(file, "manifest" in read ? read.place(plain) : { ...plain, line: 1, column: 1 });
}

async function invalid(file: string, problem: PlacedProblem, others = 0): Promise<LongshoreError> {
  const { formatProblem } = await manifests();
  const more = others === 0 ? "" : ` (and ${others} more; \`longshore check\` lists them)`;
  return fail("MANIFEST_INVALID", {
    file: `${file}:${problem.line}:${problem.column}`,
    problem: formatProblem(problem) + more,
  });
}
