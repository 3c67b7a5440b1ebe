import type { FastifyInstance } from "fastify";
import { fail } from "@longshore/core";
import {
  parseDescriptionPath,
  toModelMetadata,
  toModelStatus,
  type ServableSpec,
  type VersionState,
} from "@longshore/core/tfserving";
import type { ModelState, Registry } from "../../registry/registry.ts";
import type { ServerContext } from "../app.ts";
import { pathOf } from "../body.ts";
import { findServable, resolveLabel, servableUnknown } from "./find.ts";

/** State and metadata of models, as TensorFlow Serving tells them. */
export async function tensorFlowModelRoutes(
  app: FastifyInstance,
  { host: { registry } }: ServerContext,
): Promise<void> {
  // Names of routes are of any case; Fastify compares them as they are.
  for (const path of ["/v1/*", "/V1/*"]) {
    app.get(path, async (request) => {
      const { subject, ...spec } = parseDescriptionPath(pathOf(request));
      return subject === "status"
        ? toStatus(registry, spec)
        : toModelMetadata(findServable(registry, spec));
    });
    app.route({
      method: ["PUT", "DELETE", "PATCH", "OPTIONS"],
      url: path,
      handler: async (request) => {
        const expected = "expected GET or POST";
        const { method } = request;
        throw fail("ROUTE_MALFORMED", { method, path: pathOf(request), expected });
      },
    });
  }
}

const STATES: Readonly<Record<ModelState, VersionState>> = {
  READY: "AVAILABLE",
  LOADING: "LOADING",
  UNLOADING: "UNLOADING",
  UNAVAILABLE: "END",
};

/** @throws LongshoreError LABEL_UNKNOWN, SERVABLE_UNKNOWN. */
function toStatus(registry: Registry, given: ServableSpec): object {
  const spec = resolveLabel(registry, given);
  const versions = registry
    .index()
    .filter(({ name, version }) => name === spec.model && version === (spec.version ?? version))
    // A folder that could not be read has no version, which protobuf writes as 0.
    .map(({ version, state, reason }) => ({
      version: version || "0",
      state: STATES[state],
      reason,
    }));
  if (versions.length === 0) throw servableUnknown(registry, spec);
  return toModelStatus(versions);
}
