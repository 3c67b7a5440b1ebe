import type { FastifyInstance } from "fastify";
import type { ModelHost } from "../modelHost.ts";
import { requireHost } from "./brokenRequests.ts";
import { limitConcurrency, type ActiveRequests } from "./activeRequests.ts";
import { openDescription } from "./describe.ts";
import { withEncodings } from "./encodedInference.ts";
import { docsRoutes } from "./docs/routes.ts";
import { handleErrors } from "./errorHandler.ts";
import type { InferenceRoute } from "./inferenceRoute.ts";
import type { Limits } from "./limits.ts";
import type { LogLevel } from "./logSettings.ts";
import { metricsRoutes } from "./metrics.ts";
import { mountInference } from "./mountInference.ts";
import { predictRoutes } from "./predict.ts";
import { readBodies } from "./body.ts";
import { countErrors, logRequests, logRequestsTo, type LogRequest } from "./requestLog.ts";
import { tensorFlowInferenceRoutes } from "./tfserving/infer.ts";
import { tensorFlowModelRoutes } from "./tfserving/models.ts";
import { healthRoutes } from "./v2/health.ts";
import { inferRoutes } from "./v2/infer.ts";
import { modelRoutes } from "./v2/models.ts";
import { repositoryRoutes } from "./v2/repository.ts";
import { settingRoutes } from "./v2/settings.ts";

/** What the routes share. */
export interface ServerContext {
  /** What the server calls itself in its metadata; its own name where there is none. */
  readonly name?: string | undefined;
  readonly host: ModelHost;
  readonly limits: Limits;
  readonly active: ActiveRequests;
  /** Whether traffic is wanted: the models were loaded, and the server is not shutting down. */
  readonly isReady: () => boolean;
  /** Whether every answer over HTTP is the last of its connection, as the server is shutting down. */
  readonly isStopping: () => boolean;
  /** Told of each request that is over; where there is none, the application's logger is. */
  readonly logRequest?: LogRequest;
  /** The server's own log; absent where it is part of an application, whose log is its own. */
  readonly log?: LogLevel;
}

/** The routes of inference, of every API. */
export function inferenceRoutes(context: ServerContext): InferenceRoute[] {
  const routes = [
    ...inferRoutes(context),
    ...predictRoutes(context),
    ...tensorFlowInferenceRoutes(context),
  ];
  return routes.map((route) => withEncodings(route, context));
}

/**
 * The whole server as a Fastify plugin: registers what every request passes, then one plugin an
 * API. Mount it under a prefix with Fastify's own `prefix` option.
 */
export async function longshoreApp(app: FastifyInstance, context: ServerContext): Promise<void> {
  handleErrors(app);
  // First, so that whatever a later hook refuses carries its id.
  logRequests(app, context.logRequest ?? countErrors(context.host.metrics, logRequestsTo(app.log)));
  requireHost(app);
  readBodies(app, context.limits);
  limitConcurrency(app, context.active);

  await app.register(healthRoutes, context);
  await app.register(modelRoutes, context);
  await app.register(repositoryRoutes, context);
  await app.register(settingRoutes, context);
  await app.register(tensorFlowModelRoutes, context);
  mountInference(app, inferenceRoutes(context), context);
  await app.register(metricsRoutes, context);
  await app.register(docsRoutes, { describe: openDescription(context.host) });
}
