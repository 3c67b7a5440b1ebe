/**
 * gRPC: the Open Inference Protocol with Triton's extensions, TensorFlow Serving's services, health and
 * reflection.
 *
 * `transport` knows HTTP/2 and no message, `messages` are tables, `services` one file a part of the
 * protocol, `tfserving` the services of TensorFlow Serving. Loaded only by a server that listens for
 * it.
 */
import type { Logger } from "pino";
import type { ServerContext } from "../http/app.ts";
import type { LogRequest } from "../http/requestLog.ts";
import { healthMethods } from "./services/health.ts";
import { inferenceMethods } from "./services/inference.ts";
import { modelMethods } from "./services/models.ts";
import { reflectionMethods } from "./services/reflection.ts";
import { repositoryMethods } from "./services/repository.ts";
import { serverMethods } from "./services/server.ts";
import { settingMethods } from "./services/settings.ts";
import { modelServiceMethods } from "./tfserving/modelService.ts";
import { predictionMethods } from "./tfserving/prediction.ts";
import type { Method } from "./transport/method.ts";
import { createGrpcServer, type Credentials, type GrpcServer } from "./transport/server.ts";

export type { Credentials, GrpcServer } from "./transport/server.ts";

/** All methods, of every service. */
export function grpcMethods(context: ServerContext, logger: Logger): Method[] {
  return [
    ...serverMethods(context),
    ...modelMethods(context),
    ...inferenceMethods(context),
    ...repositoryMethods(context),
    ...settingMethods(context, logger),
    ...predictionMethods(context),
    ...modelServiceMethods(context),
    ...healthMethods(context),
    ...reflectionMethods(),
  ];
}

/**
 * Starts to listen for gRPC.
 *
 * @param credentials TLS; plain text without.
 * @throws Error of Node's, such as EADDRINUSE.
 */
export async function startGrpc(
  context: ServerContext & { readonly logRequest: LogRequest },
  logger: Logger,
  address: { readonly host: string; readonly port: number },
  credentials?: Credentials,
): Promise<GrpcServer & { readonly port: number }> {
  const { limits, active, logRequest } = context;
  const onBug = (error: unknown, requestId: string): void =>
    logger.error({ err: error, requestId }, error instanceof Error ? error.message : String(error));
  const methods = grpcMethods(context, logger);
  const server = createGrpcServer(methods, { limits, active, logRequest, onBug }, credentials);
  const port = await server.listen(address.host, address.port);
  return Object.assign(server, { port });
}
