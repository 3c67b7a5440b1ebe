import type { FastifyInstance } from "fastify";
import { Gauge } from "prom-client";
import type { ServerContext } from "./app.ts";

const ACTIVE = "longshore_active_requests";

/** `GET /metrics` in Prometheus' text format. */
export async function metricsRoutes(
  app: FastifyInstance,
  { host, active }: ServerContext,
): Promise<void> {
  const { registry } = host.metrics;
  // Once, though several listeners may serve one host.
  if (registry.getSingleMetric(ACTIVE) === undefined) {
    new Gauge({
      name: ACTIVE,
      help: "Requests for inference that are being handled, waiting ones included.",
      registers: [registry],
      collect() {
        this.set(active.size);
      },
    });
  }
  app.get("/metrics", { config: { quiet: true } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
