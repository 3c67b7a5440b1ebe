/**
 * `ensemble_scheduling`, both ways.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelEnsembling`.
 */
import type { EnsembleSettings, TensorDeclaration } from "../manifest/ensemble.ts";
import type { TritonConfig } from "./messages.ts";
import { toDatatype } from "./dataType.ts";
import { problem } from "./problem.ts";
import type { DeclaredTensor, DeclaredTensors } from "./tensors.ts";

type Ensembling = NonNullable<TritonConfig["ensemble_scheduling"]>;

/**
 * @param declared what the configuration says of the ensemble's own tensors.
 * @throws ModelConfigProblem
 */
export function readEnsemble(
  { step: steps = [] }: Ensembling,
  { inputs, outputs, hasBatchAxis }: DeclaredTensors,
): EnsembleSettings {
  if (steps.length === 0) throw problem("ensemble_scheduling.step", "at least one step", steps);
  const toDeclarations = (tensors: readonly DeclaredTensor[]): Record<string, TensorDeclaration> =>
    Object.fromEntries(
      tensors.map(({ name, where, dataType, dims }) => [
        name,
        {
          ...(dataType !== undefined && { datatype: toDatatype(dataType, `${where}.data_type`) }),
          ...(dims !== undefined && { shape: hasBatchAxis === true ? [-1, ...dims] : [...dims] }),
        },
      ]),
    );
  return {
    ...(inputs.length > 0 && { inputs: toDeclarations(inputs) }),
    ...(outputs.length > 0 && { outputs: toDeclarations(outputs) }),
    steps: steps.map((step, index) => {
      const where = `ensemble_scheduling.step[${index}]`;
      const { model_name: model = "", model_version: version = -1 } = step;
      if (model === "") throw problem(`${where}.model_name`, "the name of a model", model);
      // -1 is the latest; 0 is how protobuf says that it was not given.
      if (version < -1) throw problem(`${where}.model_version`, "a version, or -1", version);
      return {
        model,
        ...(version > 0 && { version }),
        inputs: { ...step.input_map },
        outputs: { ...step.output_map },
      };
    }),
  };
}

/** The section of a manifest's ensemble. */
export function toEnsembleScheduling({ steps }: EnsembleSettings): Ensembling {
  return {
    step: steps.map(({ model, version, inputs, outputs }) => ({
      model_name: model,
      model_version: version ?? -1,
      input_map: inputs,
      output_map: outputs,
    })),
  };
}
