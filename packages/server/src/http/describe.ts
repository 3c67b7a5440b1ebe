import type { ModelHost } from "../modelHost.ts";
import { version } from "../version.ts";
import type { ServerDescription } from "./docs/describe.ts";

/** Name and version that the server gives itself. */
export const SERVER: { readonly name: string; readonly version: string } = {
  name: "longshore",
  version,
};

/** What the documentation shows: every version that answers. */
export function describeServer({ registry }: ModelHost): ServerDescription {
  const models = [...registry.served()].map((model) => ({
    name: model.name,
    version: model.version,
    isDefault: registry.get(model.name) === model,
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
  return { ...SERVER, models };
}
