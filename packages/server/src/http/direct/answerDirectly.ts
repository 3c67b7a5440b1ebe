import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { inferenceRoutes } from "../app.ts";
import type { DirectService } from "./call.ts";
import { answerConnections } from "./connections.ts";
import { toFindRoute } from "./match.ts";
import { answerNodeRequests } from "./nodeRequests.ts";

/**
 * Answers plain calls of the inference routes past Fastify, and most of them past Node's HTTP too:
 *
 *     connection ── plain call ────────> connection.ts ──────> call.ts ──> route
 *         ├─ plain, without a body ────> app.inject
 *         └─ else: the connection ─────> node:http ── plain call ──> nodeRequests.ts ──> call.ts ──> route
 *                                            └─ else ──────────────> Fastify ──────────────────────> route
 *
 * What is odd about a request (an encoding, no length, a query, a body over the limit) is left to the
 * next one in line, which gives the very same answers.
 *
 * For a server that nobody else hooks into: hooks of the Fastify application are passed over.
 */
export function answerDirectly(
  app: FastifyInstance,
  context: DirectService["context"],
  logger: FastifyBaseLogger,
): void {
  const service = { context, logger, find: toFindRoute(inferenceRoutes(context)) };
  answerNodeRequests(app.server, service);
  answerConnections(app, service);
}
