import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LongshoreError, type Signature } from "@longshore/core";
import type { InputField, Manifest, ManifestPath } from "@longshore/core/manifest";
import {
  PipelineProblem,
  preparePipeline,
  type Pipeline,
  type Platform,
} from "@longshore/core/pipeline";
import { toProfile, type Profile } from "@longshore/core/profile";
import { openPlatform } from "../../processing/platform.ts";
import { hasTerms } from "../../processing/terms.ts";
import type { CheckedBundle } from "./finding.ts";

/** What became of a bundle's pipeline. */
interface CheckedPipeline {
  /** Undefined where there is none, or it is wrong or not known from end to end. */
  readonly pipeline: Pipeline | undefined;
  /** Files of the bundle that its steps read. */
  readonly files: readonly string[];
}

type Parts = Pick<Manifest, "inputs" | "outputs" | "pipeline">;

/**
 * Checks a pipeline from end to end as a server does on loading, and what nothing uses.
 *
 * @param signature undefined where the model's is not known: then as far as can be known without it.
 */
export async function checkPipeline(
  bundle: CheckedBundle,
  signature: Signature | undefined,
  allowCode: boolean,
): Promise<CheckedPipeline> {
  const { manifest } = bundle.read;
  if (!hasTerms(manifest)) return { pipeline: undefined, files: [] };
  const profile = await checkProfile(bundle);
  const files = new Map<string, Promise<Uint8Array>>();
  const platform = rememberFiles(openPlatform(bundle.folder, allowCode), files);
  const prepare = (parts: Parts, model: Signature): Promise<Pipeline> =>
    preparePipeline(parts, model, platform, profile);
  const named = (): string[] => [...files.keys()];
  const { inputs = {}, outputs = {}, pipeline = {} } = manifest;
  if (signature === undefined) {
    const before = { inputs, pipeline: { before: pipeline.before } };
    await prepareOr(bundle, () => prepare(before, { inputs: [], outputs: [] }));
    return { pipeline: undefined, files: named() };
  }
  const whole = await prepareOr(bundle, () => prepare(manifest, signature));
  if (typeof whole === "string") {
    // What is wrong before the model must not hide what is wrong after it.
    const after = { inputs: asFields(signature), outputs, pipeline: { after: pipeline.after } };
    if (whole === "before") await prepareOr(bundle, () => prepare(after, signature));
    return { pipeline: undefined, files: named() };
  }
  await warnOfUnused(bundle, (parts) => prepare(parts, signature));
  noteNotLowered(bundle, whole);
  return { pipeline: whole, files: named() };
}

/** A platform that reads each file once, though a pipeline is prepared again and again. */
function rememberFiles(platform: Platform, files: Map<string, Promise<Uint8Array>>): Platform {
  return {
    ...platform,
    readFile(name) {
      const content = files.get(name) ?? platform.readFile(name);
      files.set(name, content);
      return content;
    },
  };
}

/**
 * Prepares a pipeline, and adds why that fails to what was found.
 *
 * @returns the pipeline, or where it is wrong.
 */
async function prepareOr(
  bundle: CheckedBundle,
  prepare: () => Promise<Pipeline>,
): Promise<Pipeline | "before" | "elsewhere"> {
  try {
    return await prepare();
  } catch (error) {
    if (error instanceof PipelineProblem) {
      bundle.inManifest("error", error);
      return error.path[1] === "before" ? "before" : "elsewhere";
    }
    if (!(error instanceof LongshoreError)) throw error;
    reportFile(bundle, error);
    return "elsewhere";
  }
}

/** A file that a step reads is not there, or not what the step expects. */
function reportFile(bundle: CheckedBundle, { code, message }: LongshoreError): void {
  const { pipeline = {} } = bundle.read.manifest;
  const path = findText(
    pipeline,
    (text) => message.startsWith(`${text}: `) || message.startsWith(`${text} is code`),
  );
  const problem = { path: ["pipeline", ...(path ?? [])], message };
  if (code !== "CODE_NOT_ALLOWED") return bundle.inManifest("error", problem);
  const unknown = "is code: the pipeline from here on is known only when it runs";
  const suggestion = "check it with --allow-code if you trust it";
  bundle.inManifest("note", { path: problem.path, message: unknown, suggestion });
}

/** The path of the first text in a value that fits. */
function findText(value: unknown, fits: (text: string) => boolean): ManifestPath | undefined {
  if (typeof value === "string") return fits(value) ? [] : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const path = findText(inner, fits);
    if (path !== undefined) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

/** The model's inputs as if callers sent them: what the steps after the model can be checked with. */
function asFields({ inputs }: Signature): Record<string, InputField> {
  return Object.fromEntries(
    inputs.map(({ name, datatype, shape }) => [
      name,
      { type: "tensor", datatype, shape: shape.slice(1) as number[] },
    ]),
  );
}

/** A field is unused if the pipeline is as good without it. */
async function warnOfUnused(
  bundle: CheckedBundle,
  prepare: (parts: Parts) => Promise<Pipeline>,
): Promise<void> {
  const { inputs = {}, ...rest } = bundle.read.manifest;
  for (const name of Object.keys(inputs)) {
    const { [name]: _, ...others } = inputs;
    try {
      await prepare({ ...rest, inputs: others });
    } catch {
      continue;
    }
    const message = "no step uses this field, nor does the model";
    bundle.inManifest("warning", { path: ["inputs", name], message, atKey: true });
  }
}

function noteNotLowered(bundle: CheckedBundle, { steps }: Pipeline): void {
  for (const phase of ["before", "after"] as const) {
    const outside = steps[phase].filter(({ prepared }) => prepared.lower === undefined);
    if (outside.length === 0) continue;
    const names = [...new Set(outside.map(({ config }) => config.step))].join(", ");
    const message = `cannot be part of the graph: ${names}`;
    bundle.inManifest("note", { path: ["pipeline", phase], message, atKey: true });
  }
}

async function checkProfile(bundle: CheckedBundle): Promise<Profile | undefined> {
  const { profile: file, inputs = {} } = bundle.read.manifest;
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(join(bundle.folder, file), "utf8");
  } catch {
    // The check of files has told so.
    return undefined;
  }
  try {
    const read = toProfile(JSON.parse(text));
    if ("profile" in read) {
      const stranger = Object.keys(read.profile.inputs).find(
        (name) => !Object.hasOwn(inputs, name),
      );
      if (stranger !== undefined)
        bundle.inFile("warning", file, `"${stranger}" is no input of the bundle`);
      return read.profile;
    }
    bundle.inFile("error", file, read.problem);
  } catch (error) {
    bundle.inFile("error", file, (error as Error).message);
  }
  return undefined;
}
