import { readFile } from "node:fs/promises";
import { fail, type ModelContract, type Signature, type TensorSpec } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { Pipeline } from "@longshore/core/pipeline";
import { DEFAULT_MAX_ROWS, type RecordContract } from "@longshore/core/records";
import type { Profile } from "@longshore/core/profile";
import { formatsOf, type BodyFormat } from "./mediaTypes.ts";
import { findFile, openPlatform } from "./platform.ts";
import { isOneRow, type PipelineTerms } from "./terms.ts";

/** What processing needs of a bundle. Plain data: it travels to threads. */
export interface ProcessedBundle {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** The model's own inputs and outputs. */
  readonly signature: Signature;
  /** Whether the operator allows code in bundles. */
  readonly allowCode: boolean;
}

/** A bundle whose pipeline is ready for calls. */
export interface OpenBundle {
  readonly bundle: ProcessedBundle;
  readonly contract: RecordContract;
  /** What the tensors of a call must fit: those of the graph, with any number of rows. */
  readonly model: ModelContract;
  readonly takes: readonly BodyFormat[];
  readonly pipeline: Pipeline;
}

/** What callers send and get. */
export function termsOf({ contract, takes, pipeline }: OpenBundle): PipelineTerms {
  const { inputs, answer, maxRows } = contract;
  return { inputs, outputs: pipeline.outputs, answer, takes, maxRows };
}

/**
 * Makes a bundle's pipeline ready, checked from end to end.
 *
 * @param profile statistics of the training data; by default those of the bundle's file.
 * @throws PipelineProblem; LongshoreError DATA_INVALID for a profile that cannot be read, or whatever
 *   a step's files are wrong with.
 */
export async function openBundle(bundle: ProcessedBundle, profile?: Profile): Promise<OpenBundle> {
  const { name, folder, manifest, signature } = bundle;
  // Loaded when first needed: models without a pipeline do without zod and the steps.
  const { preparePipeline } = await import("@longshore/core/pipeline");
  const pipeline = await preparePipeline(
    manifest,
    signature,
    openPlatform(folder, bundle.allowCode),
    profile ?? (await readProfile(folder, manifest.profile)),
  );
  const contract = {
    name,
    inputs: pipeline.inputs,
    answer: pipeline.answer,
    maxRows: manifest.limits?.maxRows ?? DEFAULT_MAX_ROWS,
  };
  const model = { name, signature: isOneRow(signature) ? withFreeRows(signature) : signature };
  return { bundle, contract, model, takes: formatsOf(pipeline.inputs), pipeline };
}

function withFreeRows({ inputs, outputs }: Signature): Signature {
  const free = (spec: TensorSpec): TensorSpec => ({
    ...spec,
    shape: ["N", ...spec.shape.slice(1)],
  });
  return { inputs: inputs.map(free), outputs: outputs.map(free) };
}

async function readProfile(folder: string, name: string | undefined): Promise<Profile | undefined> {
  if (name === undefined) return undefined;
  const wrong = (problem: string): Error =>
    fail("DATA_INVALID", {
      file: name,
      problem: `${problem}; make it with \`longshore profile\``,
    });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(await findFile(folder, name), "utf8"));
  } catch (error) {
    throw wrong((error as Error).message.replace(`${name}: `, ""));
  }
  const { toProfile } = await import("@longshore/core/profile");
  const read = toProfile(value);
  if ("problem" in read) throw wrong(`is no profile: ${read.problem}`);
  return read.profile;
}
