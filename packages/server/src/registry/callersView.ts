import {
  reshapeTo,
  type Infer,
  type Signature,
  type Tensor,
  type Tensors,
  type TensorSpec,
} from "@longshore/core";
import { checkDeclared, ModelConfigProblem, narrowTensors } from "@longshore/core/modelConfig";
import type { Compute } from "./compute.ts";
import type { ModelSource } from "./scan.ts";
import { toSettingsError } from "./settingsError.ts";
import { viewTensors, type ViewedTensor } from "./viewTensors.ts";

/**
 * What computes a model, as its callers see it: its settings may name the classes of an output, hold
 * free axes to a length, and show tensors in other shapes than the graph has. Those are given the
 * other shape on the way, without a copy.
 *
 * @returns the same where the settings say nothing of the kind.
 * @throws LongshoreError MANIFEST_INVALID for tensors that are not as the settings say; DATA_INVALID
 *   for a file of labels that is not there.
 */
export async function toCallersView(source: ModelSource, compute: Compute): Promise<Compute> {
  const narrowed = await narrow(source, compute.signature);
  const { batchable } = compute.batching;
  const inputs = await viewTensors(source, "inputs", narrowed.inputs, batchable);
  const outputs = await viewTensors(source, "outputs", narrowed.outputs, batchable);
  if (inputs === undefined && outputs === undefined && narrowed === compute.signature)
    return compute;
  const signature: Signature = {
    inputs: inputs?.map(({ spec }) => spec) ?? narrowed.inputs,
    outputs: outputs?.map(({ spec }) => spec) ?? narrowed.outputs,
  };
  const before = toReshapes(inputs, ({ spec, modelShape }) => [spec.shape, modelShape]);
  const after = toReshapes(outputs, ({ spec, modelShape }) => [modelShape, spec.shape]);
  const isReshaped = before.size > 0 || after.size > 0;
  // Not spread: some of its members are looked up anew each time.
  return Object.create(compute, {
    signature: { value: signature, enumerable: true },
    ...(isReshaped && {
      infer: { value: reshapeAround(compute.infer, before, after), enumerable: true },
    }),
  }) as Compute;
}

/** The tensors as a configuration declares them. */
async function narrow(source: ModelSource, graph: Signature): Promise<Signature> {
  const { config } = source;
  if (config === undefined) return graph;
  const { declared } = config;
  try {
    checkDeclared(declared, graph);
  } catch (error) {
    throw error instanceof ModelConfigProblem ? await toSettingsError(source, error) : error;
  }
  if (declared.inputs.length === 0 && declared.outputs.length === 0) return graph;
  return {
    inputs: narrowTensors(declared.inputs, graph.inputs),
    outputs: narrowTensors(declared.outputs, graph.outputs),
  };
}

type Shape = TensorSpec["shape"];
/** How tensors are reshaped, by name. */
type Reshapes = ReadonlyMap<string, { readonly from: Shape; readonly to: Shape }>;

function toReshapes(
  tensors: readonly ViewedTensor[] = [],
  toShapes: (tensor: ViewedTensor) => readonly [from: Shape, to: Shape],
): Reshapes {
  return new Map(
    tensors.flatMap((tensor) => {
      const [from, to] = toShapes(tensor);
      return tensor.isReshaped ? [[tensor.spec.name, { from, to }]] : [];
    }),
  );
}

function reshapeAround(infer: Infer, inputs: Reshapes, outputs: Reshapes): Infer {
  return async (request, context) => {
    const response = await infer({ ...request, inputs: reshape(request.inputs, inputs) }, context);
    return { ...response, outputs: reshape(response.outputs, outputs) };
  };
}

function reshape(tensors: Tensors, reshapes: Reshapes): Tensors {
  if (reshapes.size === 0) return tensors;
  const reshaped = new Map<string, Tensor>(tensors);
  for (const [name, { from, to }] of reshapes) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    const shape = reshapeTo(tensor.shape, from, to);
    // An answer of another form than the graph says is given as it is.
    if (shape !== undefined) reshaped.set(name, { ...tensor, shape });
  }
  return reshaped;
}
