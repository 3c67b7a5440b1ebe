import type { FastifyInstance } from "fastify";
import type { ServerContext } from "./app.ts";

/** `GET /metrics` in Prometheus' text format. */
export async function metricsRoutes(app: FastifyInstance, { host }: ServerContext): Promise<void> {
  const { registry } = host.metrics;
  app.get("/metrics", { config: { quiet: true } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
