import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fail } from "@longshore/core";
import { PipelineProblem } from "@longshore/core/pipeline";
import { readManifest } from "@longshore/core/manifest";
import {
  fusePipeline,
  overrideSignature,
  readSignature,
  toServable,
  type FusedPipeline,
} from "@longshore/onnx";
import { listFiles } from "../../bundle/listFiles.ts";
import { isCodeFile } from "../../engine/code/codeFile.ts";
import { loadModelFile } from "../../engine/loadModelFile.ts";
import { readModelFile } from "../../engine/modelFile.ts";
import { writeModelFile } from "../../engine/writeModelFile.ts";
import { openBundle, type OpenBundle, type ProcessedBundle } from "../../processing/bundle.ts";
import { toManifestError } from "../../registry/manifestFile.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { compareBundles, type Comparison } from "./compare.ts";
import { editManifest } from "./editManifest.ts";

/** What was made of a bundle. */
export interface Built {
  readonly fused: FusedPipeline;
  /** Size of the new model. */
  readonly bytes: number;
  readonly comparison: Comparison;
  /** Files of the given bundle that the new one has no use for. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** Whether the new bundle is there: only if it answers as the given one. */
  readonly written: boolean;
}

const MANIFEST = "bundle.yaml";

/**
 * Writes a bundle with steps of its pipeline in its graph, which appears under its name whole and
 * proven, or not at all.
 *
 * @param out an absolute path.
 * @throws LongshoreError for a bundle that cannot be read, or that there is nothing to do for.
 */
export async function buildBundle(
  source: ModelSource,
  out: string,
  allowCode: boolean,
): Promise<Built> {
  await checkOut(out, source.folder);
  const given = await openGiven(source, allowCode);
  const fused = fuse(given, source);
  const work = `${out}.building-${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    const modelName = source.manifest.model ?? "model.onnx";
    const file = join(work, modelName);
    await mkdir(dirname(file), { recursive: true });
    const { bytes } = await writeModelFile(file, fused.model);
    const text = await readFile(join(source.folder, MANIFEST), "utf8");
    await writeFile(join(work, MANIFEST), editManifest(text, fused));
    const leftOut = await copyOthers(source, work);
    const built = await openBuilt(work, given.open.bundle, fused);
    const comparison = await compareBundles(
      { open: given.open, file: source.file, override: source.manifest.signature },
      { open: built, file },
    );
    const written = comparison.problem === undefined;
    if (written) {
      // An empty folder may be there.
      await rmdir(out).catch(() => undefined);
      await rename(work, out);
    }
    return { fused, bytes, comparison, leftOut, written };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @throws LongshoreError where a new bundle cannot be written to. */
async function checkOut(out: string, bundle: string): Promise<void> {
  if (out === bundle || out.startsWith(bundle + sep))
    throw fail("DATA_INVALID", {
      file: out,
      problem: "lies in the bundle itself; name another folder with --out",
    });
  const found = await readdir(out).catch(({ code }: NodeJS.ErrnoException) => code ?? "");
  if (found === "ENOENT" || (typeof found === "object" && found.length === 0)) return;
  const problem = typeof found === "string" ? `cannot be read (${found})` : "is not empty";
  throw fail("DATA_INVALID", { file: out, problem: `${problem}; name a new folder with --out` });
}

interface Given {
  readonly open: OpenBundle;
  readonly model: FusedPipeline["model"];
}

async function openGiven(source: ModelSource, allowCode: boolean): Promise<Given> {
  const { name, version, folder, file, manifest } = source;
  const invalid = (problem: string): Error =>
    fail("MANIFEST_INVALID", { file: join(folder, MANIFEST), problem });
  if (manifest.pipeline === undefined)
    throw invalid("there is no pipeline, so that there is nothing to build");
  if (isCodeFile(file)) throw invalid(`the model is code (${manifest.model}): it has no graph`);
  const loaded = await loadModelFile(file);
  const { model, signature, exchange } = toServable(
    overrideSignature(loaded, manifest.signature ?? {}, file),
    file,
  );
  const [bfloat] = exchange.keys();
  if (bfloat !== undefined)
    throw invalid(`"${bfloat}" of the model is BF16; cast it to FP32 in the graph first`);
  const bundle = { name, version, folder, manifest, signature, allowCode };
  return { open: await openPipeline(bundle), model };
}

/** @throws LongshoreError MANIFEST_INVALID with line and column. */
async function openPipeline(bundle: ProcessedBundle): Promise<OpenBundle> {
  try {
    return await openBundle(bundle);
  } catch (error) {
    if (!(error instanceof PipelineProblem)) throw error;
    throw await toManifestError(join(bundle.folder, MANIFEST), error);
  }
}

function fuse({ open, model }: Given, { folder, file }: ModelSource): FusedPipeline {
  let fused: FusedPipeline;
  try {
    fused = fusePipeline(model, open.bundle.signature, open.pipeline);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw fail("MODEL_INVALID", { file, problem: error.message });
  }
  if (fused.steps.some((step) => step.fused)) return fused;
  const reasons = fused.steps.map(
    ({ phase, index, step, reason = "" }) => `${phase}[${index}] ${step}: ${reason}`,
  );
  throw fail("MANIFEST_INVALID", {
    file: join(folder, MANIFEST),
    problem: `no step can go into the graph\n${reasons.join("\n")}`,
  });
}

/** The new bundle as a server would open it. */
async function openBuilt(
  folder: string,
  bundle: ProcessedBundle,
  { model }: FusedPipeline,
): Promise<OpenBundle> {
  const read = readManifest(await readFile(join(folder, MANIFEST), "utf8"));
  if (!("manifest" in read))
    throw new Error(`the new ${MANIFEST} is not valid: ${read.problems[0]?.message ?? ""}`);
  const { manifest } = read;
  return openPipeline({ ...bundle, folder, manifest, signature: readSignature(model) });
}

/** Copies what else lies in the bundle. @returns what it leaves out, and why. */
async function copyOthers(source: ModelSource, work: string): Promise<Built["leftOut"]> {
  const { folder, manifest, file } = source;
  const { files } = await listFiles(folder);
  const data = new Set((await readModelFile(file)).externalFiles);
  const variants = new Set(
    (manifest.variants ?? []).flatMap(({ model, record }) =>
      [model, record].flatMap((name) => (name === undefined ? [] : [join(dirname(file), name)])),
    ),
  );
  const leftOut: { name: string; reason: string }[] = [];
  for (const { name } of files) {
    const path = join(folder, name);
    if (name === MANIFEST || path === file || data.has(path)) continue;
    const reason =
      variants.has(path) || name.startsWith("variants/")
        ? "of a variant of the original model"
        : /^\d+\//.test(name)
          ? "of a version"
          : undefined;
    if (reason !== undefined) {
      leftOut.push({ name, reason });
      continue;
    }
    await mkdir(dirname(join(work, name)), { recursive: true });
    await copyFile(path, join(work, name));
  }
  return leftOut;
}
