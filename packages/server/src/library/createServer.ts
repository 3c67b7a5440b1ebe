import type { FastifyInstance } from "fastify";
import { ActiveRequests } from "../http/activeRequests.ts";
import { longshoreApp } from "../http/app.ts";
import { defaultLimits, type Limits } from "../http/limits.ts";
import { createLogger } from "../http/logger.ts";
import { createHttpServer } from "../http/server.ts";
import { countErrors, requestIdOf } from "../http/requestLog.ts";
import type { ServerContext } from "../http/app.ts";
import { createModelHost } from "../modelHost.ts";

export { requestIdOf };

export interface ServerOptions {
  /** `.onnx` files, bundle folders, repository folders. */
  readonly models: readonly string[];
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /**
   * Whether bundles may hold code (models that are modules, custom steps), which may do whatever
   * this process may. False by default; a module that is named in `models` is allowed by that.
   */
  readonly allowCode?: boolean;
}

/**
 * The server of `longshore serve` as a Fastify instance, models loaded, ready to listen.
 *
 * ```ts
 * const server = await createServer({ models: ["examples"] });
 * await server.listen({ port: 8000 });
 * ```
 *
 * Closing it answers what was accepted, closes idle connections at once, and releases the models.
 *
 * @param options logLevel as of pino; "info" by default.
 * @throws LongshoreError MODEL_INVALID when a path does not exist. A model that cannot be loaded
 *   is listed by `POST /v2/repository/index` with its reason; the others are served.
 */
export async function createServer(
  options: ServerOptions & { readonly logLevel?: "debug" | "info" | "warn" | "error" | "silent" },
): Promise<FastifyInstance> {
  const context = await openContext(options);
  const { logger, logRequest: log } = await createLogger(options.logLevel ?? "info");
  const logRequest = countErrors(context.host.metrics, log);
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const app = await createHttpServer({ ...context, isStopping, logRequest, log: logger }, logger);
  app.addHook("preClose", (done) => {
    stopping = true;
    done();
  });
  app.addHook("onClose", () => context.host[Symbol.asyncDispose]());
  return app;
}

/**
 * The whole server as a plugin of your own Fastify application:
 *
 * ```ts
 * await app.register(longshore, { prefix: "/ml", models: ["examples"] });
 * // POST /ml/predict/digits, GET /ml/docs, GET /ml/metrics, …
 * ```
 *
 * Requests are logged by the application's own logger, and their ids, which answers carry as
 * `x-request-id`, are the application's own too. To take them from callers' `x-request-id` or
 * `traceparent`, as `longshore serve` does, make the application with {@link requestIdOf}:
 *
 * ```ts
 * const app = fastify({ genReqId: requestIdOf });
 * ```
 */
export async function longshore(app: FastifyInstance, options: ServerOptions): Promise<void> {
  const context = await openContext(options);
  app.addHook("onClose", () => context.host[Symbol.asyncDispose]());
  await app.register(longshoreApp, context);
}

async function openContext({
  models,
  limits: wanted,
  allowCode,
}: ServerOptions): Promise<ServerContext> {
  const host = createModelHost({ paths: models, isolateTrials: true, allowCode });
  const limits = { ...defaultLimits(host.pool.machine.memoryBytes), ...wanted };
  try {
    await host.registry.sync(false);
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
  return {
    host,
    limits,
    active: new ActiveRequests(limits),
    isReady: () => true,
    isStopping: () => false,
  };
}
