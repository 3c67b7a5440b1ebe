import { fail } from "@longshore/core";
import { ready } from "../entries.ts";
import type { ServedModel } from "../servedModel.ts";
import type { FindModel } from "./computeEnsemble.ts";
import type { EnsembleGraph } from "./graph.ts";
import type { FindStepModel } from "./inferEnsemble.ts";
import { fitStep, type KnownTensors } from "./signature.ts";
import { versionOf } from "./stepVersion.ts";

/**
 * Looks the models of steps up as they are now. One that was replaced is compared with what the
 * ensemble was opened with, once.
 *
 * @param opened the models that the ensemble was opened with.
 * @param tensors what is known of the ensemble's tensors since then.
 * @returns throws LongshoreError where a model does not answer, or does not fit any more.
 */
export function watchSteps(
  name: string,
  { steps }: EnsembleGraph,
  tensors: KnownTensors,
  opened: readonly ServedModel[],
  find: FindModel,
): FindStepModel {
  const accepted = [...opened];
  const remembers = opened.map(({ sequence }) => sequence !== undefined);
  return (index) => {
    const step = steps[index]!;
    const model = find(step.model, versionOf(step));
    if (model === accepted[index]) return ready(model);
    const [problem] = fitStep(index, step, model.signature, new Map(tensors));
    const isAlike = (model.sequence !== undefined) === remembers[index];
    if (problem === undefined && isAlike) {
      accepted[index] = model;
      return ready(model);
    }
    const misfit = problem?.message ?? "only one of the two has sequences";
    const reason = `"${step.model}" was replaced by one that does not fit: ${misfit}`;
    throw fail("MODEL_UNREADY", { model: name, reason });
  };
}
