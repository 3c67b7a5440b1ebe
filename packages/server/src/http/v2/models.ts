import type { FastifyInstance, FastifyRequest } from "fastify";
import { fail, toModelMetadata } from "@longshore/core";
import type { ServerContext } from "../app.ts";
import { PLATFORMS, toModelConfig } from "./modelConfig.ts";
import { toStatistics } from "./statistics.ts";
import type { ServedModel } from "../../registry/servedModel.ts";

interface ModelParams {
  Params: { model: string; version?: string };
}

/** Metadata, readiness, configuration and statistics of models. */
export async function modelRoutes(
  app: FastifyInstance,
  { host, isReady }: ServerContext,
): Promise<void> {
  const { registry } = host;
  const find = ({ params }: FastifyRequest<ModelParams>): ServedModel =>
    registry.get(params.model, params.version);

  app.get("/v2/models/stats", async () => ({
    model_stats: [...registry.served()].map(toStatistics),
  }));

  for (const path of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    app.get<ModelParams>(path, async (request) => {
      const model = find(request);
      return toModelMetadata(model, registry.versions(model.name), PLATFORMS[model.runtime]);
    });
    app.get<ModelParams>(`${path}/ready`, { config: { quiet: true } }, async (request, reply) => {
      if (!isReady())
        throw fail("MODEL_UNREADY", {
          model: request.params.model,
          reason: "the server is not ready",
        });
      find(request);
      return reply.code(200).send();
    });
    app.get<ModelParams>(`${path}/config`, async (request) => toModelConfig(find(request)));
    app.get<ModelParams>(`${path}/stats`, async (request) => ({
      model_stats: [toStatistics(find(request))],
    }));
  }
}
