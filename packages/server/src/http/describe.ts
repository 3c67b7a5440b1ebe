import type { ModelHost } from "../modelHost.ts";
import type { ServedModel } from "../registry/servedModel.ts";
import { version } from "../version.ts";
import type { ServerDescription } from "./docs/describe.ts";

/** Name and version that the server gives itself. */
export const SERVER: { readonly name: string; readonly version: string } = {
  name: "longshore",
  version,
};

/** What the documentation shows: every version that answers, or will again. */
export function describeServer({ registry }: ModelHost): ServerDescription {
  return describeModels([...registry.served()]);
}

/**
 * {@link describeServer} for one that is asked again and again: gives the same object as long as the
 * same versions answer.
 */
export function openDescription({ registry }: ModelHost): () => ServerDescription {
  // Weak: a model that was unloaded must not live on until somebody asks again.
  let known: readonly WeakRef<ServedModel>[] = [];
  let description = describeModels([]);
  return () => {
    const models = [...registry.served()];
    const isSame =
      models.length === known.length &&
      models.every((model, index) => known[index]!.deref() === model);
    if (!isSame) {
      known = models.map((model) => new WeakRef(model));
      description = describeModels(models);
    }
    return description;
  };
}

/** @param models versions of the same model in ascending order. */
function describeModels(models: readonly ServedModel[]): ServerDescription {
  // The highest version answers the calls that name none.
  const defaults = new Map(models.map((model) => [model.name, model]));
  const described = models.map((model) => ({
    name: model.name,
    version: model.version,
    isDefault: defaults.get(model.name) === model,
    signature: model.signature,
    batchable: model.batching.batchable,
    maxBatchSize: model.batching.maxBatchSize,
    ...(model.source.manifest.description !== undefined && {
      description: model.source.manifest.description,
    }),
    ...(model.source.manifest.task !== undefined && { task: model.source.manifest.task }),
    ...(model.terms !== undefined && { terms: model.terms }),
    ...(model.example !== undefined && { example: model.example }),
  }));
  return { ...SERVER, models: described };
}
