import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { longshoreApp, type ServerContext } from "./app.ts";
import { lastAnswersWhen } from "./lastAnswers.ts";
import { dropSlowReader } from "./slowReaders.ts";
import { answerBadUrl, answerBrokenRequest, answerOddRequests } from "./brokenRequests.ts";
import { requestIdOf } from "./requestLog.ts";

/**
 * Makes the HTTP server, not yet listening.
 *
 * @param logger a pino logger, or one with the same methods.
 */
export async function createHttpServer(
  context: ServerContext,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const { clientTimeoutMs } = context.limits;
  const app = fastify({
    loggerInstance: logger,
    // No route has a schema: the compilers of schemas would be a fifth of all modules.
    schemaController: { compilersFactory: NO_SCHEMAS },
    // One logger for all requests: making a child for each costs as much as writing its line.
    childLoggerFactory: () => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestTimeout: clientTimeoutMs,
    keepAliveTimeout: 75_000,
    // Open connections are closed when their last answer was sent; none is accepted any more.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Never reached, as headers end at 16 KiB: a name of any length is answered like another.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerBrokenRequest,
    http: {
      headersTimeout: clientTimeoutMs,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      ServerResponse: lastAnswersWhen(context.isStopping),
    },
  });
  answerOddRequests(app);
  dropSlowReaders(app, clientTimeoutMs);
  await app.register(longshoreApp, context);
  return app;
}

const refuseSchemas = (): never => {
  throw new Error("routes of this server have no schemas");
};
const NO_SCHEMAS = { buildValidator: refuseSchemas, buildSerializer: refuseSchemas };

/** Drops clients that do not take the answers of Fastify's routes. */
function dropSlowReaders(app: FastifyInstance, timeoutMs: number): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (typeof payload === "string" || Buffer.isBuffer(payload))
      dropSlowReader(reply.raw, payload.length, timeoutMs);
    done(null, payload);
  });
}
