import { dirname, join, relative } from "node:path";
import { stat } from "node:fs/promises";
import type { Signature } from "@longshore/core";
import type { ManifestPath } from "@longshore/core/manifest";
import { checkGraph, isTargetName, TARGETS } from "@longshore/onnx";
import { isCodeFile } from "../../engine/code/codeFile.ts";
import { hashModelFile } from "../../engine/modelHash.ts";
import { readModelFile } from "../../engine/modelFile.ts";
import { differenceOf } from "../../engine/sameSignature.ts";
import { readServable } from "../../engine/readServable.ts";
import { readModelFolders } from "../../registry/versionFolders.ts";
import { checkEnsemble } from "./checkEnsemble.ts";
import type { CheckedBundle } from "./finding.ts";

const MODEL = "model.onnx";

/** What became of a bundle's models. */
interface CheckedModels {
  /** Inputs and outputs of the newest version; undefined where it is code or wrong. */
  readonly signature: Signature | undefined;
  /** Those of all versions and variants, relative to the bundle. */
  readonly files: readonly string[];
}

/** Checks the graphs of a bundle, of all its versions and variants. */
export async function checkModels(bundle: CheckedBundle): Promise<CheckedModels> {
  const { model = MODEL, variants = [], ensemble } = bundle.read.manifest;
  if (ensemble !== undefined) return { signature: await checkEnsemble(bundle), files: [] };
  const { versions } = await readModelFolders(bundle.folder);
  const files = versions.length > 0 ? versions.map((version) => join(version, model)) : [model];
  let signature: Signature | undefined;
  for (const file of files) {
    signature = await checkModel(bundle, file);
    if (signature !== undefined) await checkVariants(bundle, file, signature);
  }
  const others = files.flatMap((file) =>
    variants.map((variant) => join(dirname(file), variant.model)),
  );
  return { signature, files: [...files, ...others] };
}

async function checkModel(bundle: CheckedBundle, file: string): Promise<Signature | undefined> {
  const path = join(bundle.folder, file);
  if (!(await isFile(path))) {
    bundle.inManifest("error", { path: ["model"], message: `there is no ${file} in the bundle` });
    return undefined;
  }
  if (isCodeFile(file)) {
    const message = "is code: what it takes and gives is known only when it runs";
    bundle.inFile("note", file, `${message}, so the pipeline is not checked against it`);
    return undefined;
  }
  try {
    const { model } = await readModelFile(path);
    const problems = checkGraph(model);
    for (const problem of problems) bundle.inFile("error", file, problem);
    if (problems.length > 0) return undefined;
    const { servable } = await readServable(path, bundle.read.manifest.signature);
    return servable.signature;
  } catch (error) {
    bundle.inFile("error", file, withoutPath((error as Error).message, path));
    return undefined;
  }
}

async function checkVariants(
  bundle: CheckedBundle,
  original: string,
  signature: Signature,
): Promise<void> {
  const { variants = [], signature: override } = bundle.read.manifest;
  if (variants.length === 0) return;
  const sha256 = await hashModelFile(join(bundle.folder, original));
  for (const [index, variant] of variants.entries()) {
    const at = (key: string): ManifestPath => ["variants", index, key];
    const file = join(dirname(original), variant.model);
    if (variants.findIndex(({ name }) => name === variant.name) < index)
      bundle.inManifest("error", { path: at("name"), message: `"${variant.name}" stands twice` });
    if (!isTargetName(variant.target)) {
      const message = `there is no target "${variant.target}", so it is never served`;
      const suggestion = `the targets are ${Object.keys(TARGETS).join(", ")}`;
      bundle.inManifest("warning", { path: at("target"), message, suggestion });
    }
    if (variant.original !== sha256) {
      const message = `was made from another model than ${original}, so it is never served`;
      bundle.inManifest("warning", {
        path: at("original"),
        message,
        suggestion: "optimize it again",
      });
    }
    if (!(await isFile(join(bundle.folder, file)))) {
      bundle.inManifest("error", {
        path: at("model"),
        message: `there is no ${file} in the bundle`,
      });
      continue;
    }
    try {
      const { servable } = await readServable(join(bundle.folder, file), override);
      const difference = differenceOf(signature, servable.signature);
      if (difference !== undefined) bundle.inFile("error", file, difference);
    } catch (error) {
      bundle.inFile(
        "error",
        file,
        withoutPath((error as Error).message, join(bundle.folder, file)),
      );
    }
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Messages of the catalogue begin with the file, which findings name themselves. */
export function withoutPath(message: string, path: string): string {
  for (const name of [path, relative("", path)])
    if (message.startsWith(`${name}: `)) return message.slice(name.length + 2);
  return message;
}
