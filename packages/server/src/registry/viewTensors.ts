import { readFile } from "node:fs/promises";
import { fail, fixedParts, type TensorSpec } from "@longshore/core";
import type { ManifestPath, OutputOverride } from "@longshore/core/manifest";
import { findFile } from "../processing/platform.ts";
import type { ModelSource } from "./scan.ts";
import { toSettingsError } from "./settingsError.ts";

/** An input or output as callers see it. */
export interface ViewedTensor {
  readonly spec: TensorSpec;
  /** The shape that the model takes or gives. */
  readonly modelShape: TensorSpec["shape"];
  /** Whether the two differ for the same elements. */
  readonly isReshaped: boolean;
}

/**
 * Inputs or outputs as the section `signature` shows them to callers.
 *
 * @param specs as the model has them, under callers' names.
 * @param batchable whether rows of different callers share runs.
 * @returns undefined where the section says nothing of the kind.
 * @throws LongshoreError MANIFEST_INVALID with the place; DATA_INVALID for a file of labels.
 */
export async function viewTensors(
  source: ModelSource,
  kind: "inputs" | "outputs",
  specs: readonly TensorSpec[],
  batchable: boolean,
): Promise<ViewedTensor[] | undefined> {
  const said = Object.entries<OutputOverride>(source.manifest.signature?.[kind] ?? {}).filter(
    ([, { callerShape, labels }]) => callerShape !== undefined || labels !== undefined,
  );
  if (said.length === 0) return undefined;
  const seen = specs.map((spec): ViewedTensor => {
    return { spec, modelShape: spec.shape, isReshaped: false };
  });
  for (const [name, settings] of said) {
    const path: ManifestPath = ["signature", kind, name];
    const index = specs.findIndex((spec) => spec.name === (settings.name ?? name));
    const spec = specs[index];
    if (spec === undefined) {
      const message = `the model's ${kind} are ${specs.map((each) => each.name).join(", ")}`;
      throw await toSettingsError(source, { path, atKey: true, message });
    }
    const { callerShape, modelShape = spec.shape } = settings;
    const message = callerShape && findMisfit(callerShape, modelShape, spec, batchable);
    if (message !== undefined)
      throw await toSettingsError(source, { path: [...path, "callerShape"], message });
    const labels = await openLabels(source.folder, settings.labels);
    seen[index] = {
      spec: { ...spec, shape: callerShape ?? spec.shape, ...(labels && { labels }) },
      modelShape,
      isReshaped: callerShape !== undefined,
    };
  }
  return seen;
}

function findMisfit(
  callerShape: TensorSpec["shape"],
  modelShape: TensorSpec["shape"],
  { name, shape }: TensorSpec,
  batchable: boolean,
): string | undefined {
  const shown = `[${callerShape.join(",")}]`;
  const taken = `[${modelShape.join(",")}]`;
  const fits =
    modelShape.length === shape.length &&
    shape.every((length, axis) => typeof length === "string" || length === modelShape[axis]);
  if (!fits) return `the modelShape ${taken} does not fit the model's [${shape.join(",")}]`;
  if (batchable && (typeof callerShape[0] !== "string" || typeof modelShape[0] !== "string"))
    return `the first axis of ${shown} must be that of rows, as rows of "${name}" share runs`;
  if (fixedParts(callerShape).join() === fixedParts(modelShape).join()) return undefined;
  return (
    `${shown} and the model's ${taken} must have the same free axes, and as many elements ` +
    "between them"
  );
}

/** Labels that stand in the settings, or in a file: one a line, but for empty ones at its end. */
async function openLabels(
  folder: string,
  given: OutputOverride["labels"],
): Promise<readonly string[] | undefined> {
  if (typeof given !== "string") return given;
  const text = await readFile(await findFile(folder, given), "utf8");
  const labels = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  while (labels.at(-1)?.trim() === "") labels.pop();
  if (labels.length > 0) return labels;
  throw fail("DATA_INVALID", { file: given, problem: "has no labels; write one a line" });
}
