import type { FastifyInstance } from "fastify";
import { fail } from "@longshore/core";
import { parseDescriptionPath, toModelMetadata, toModelStatus } from "@longshore/core/tfserving";
import type { ServerContext } from "../app.ts";
import { pathOf } from "../body.ts";
import { findServable } from "./find.ts";
import { statesOf } from "./states.ts";

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
        ? toModelStatus(statesOf(registry, spec))
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
