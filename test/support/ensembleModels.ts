/** Ensembles of real models without a server around them, for tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Infer, InferRequest, LongshoreError, Tensor } from "@longshore/core";
import type { EnsembleSettings } from "@longshore/core/manifest";
import { model, node, type Model } from "@longshore/onnx";
import { createModelHost, type ModelHost } from "../../packages/server/src/modelHost.ts";
import {
  computeEnsemble,
  type FindModel,
} from "../../packages/server/src/registry/ensemble/computeEnsemble.ts";
import type { ServedModel } from "../../packages/server/src/registry/servedModel.ts";
import { temporaryFolder, writeOnnx } from "./models.ts";

/** `y = a - b`, and `z = -y`: of two inputs, whose order matters, and two outputs. */
export function differenceModel(): Model {
  const value = (name: string) => ({ name, datatype: "FP32", shape: ["N", "W"] }) as const;
  return model({
    inputs: [value("a"), value("b")],
    outputs: [value("y"), value("z")],
    nodes: [node("Sub", ["a", "b"], ["y"]), node("Neg", ["y"], ["z"])],
  });
}

/** Models in a folder of their own, served without any protocol; and where steps find them. */
export async function hostOf(
  models: Readonly<Record<string, Model>>,
): Promise<{ readonly host: ModelHost; readonly find: FindModel } & AsyncDisposable> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(models))
    writeOnnx(join(folder.path, `${name}.onnx`), content);
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    host,
    find: (name, version) => host.registry.get(name, version),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** The same models, with something around each request. */
export function around(
  find: FindModel,
  wrap: (model: ServedModel, infer: Infer) => Infer,
): FindModel {
  const wrapped = new Map<ServedModel, ServedModel>();
  return (name, version) => {
    const found = find(name, version);
    if (!wrapped.has(found)) {
      const infer = wrap(found, found.infer);
      wrapped.set(found, Object.create(found, { infer: { value: infer } }) as ServedModel);
    }
    return wrapped.get(found)!;
  };
}

/** A tensor FP32 of a shape. */
export function floats(shape: readonly number[], data: Iterable<number>): Tensor {
  return { datatype: "FP32", shape, data: Float32Array.from(data) };
}

/** A request of some tensors; for all outputs, where none are named. */
export const request = (
  inputs: Record<string, Tensor>,
  outputs?: readonly string[],
): InferRequest => ({
  inputs: new Map(Object.entries(inputs)),
  ...(outputs && { outputs }),
});

/** An ensemble of models that are found. */
export const ensembleOf = (settings: EnsembleSettings, find: FindModel): Infer =>
  computeEnsemble("ensemble", { ensemble: settings }, find).infer;

/** What a request fails with. */
export async function errorOf(promise: Promise<unknown>): Promise<LongshoreError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as LongshoreError,
  );
  assert.ok(outcome !== undefined, "it was answered");
  return outcome;
}
