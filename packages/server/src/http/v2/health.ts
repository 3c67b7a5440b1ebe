import type { FastifyInstance } from "fastify";
import { toServerMetadata } from "@longshore/core";
import type { ServerContext } from "../app.ts";
import { SERVER } from "../describe.ts";

/** Health and server metadata of the Open Inference Protocol. */
export async function healthRoutes(
  app: FastifyInstance,
  { isReady, name = SERVER.name }: ServerContext,
): Promise<void> {
  const quiet = { config: { quiet: true } };
  app.get("/v2/health/live", quiet, async (_request, reply) => reply.code(200).send());
  // Not ready is 400 without a body, as of the server that clients are written against.
  app.get("/v2/health/ready", quiet, async (_request, reply) =>
    reply.code(isReady() ? 200 : 400).send(),
  );
  app.get("/v2", async () => toServerMetadata(name, SERVER.version, EXTENSIONS));
}

/** The extensions of the protocol that are there, as Triton names them. */
export const EXTENSIONS: readonly string[] = [
  "model_repository",
  "model_repository(unload_dependents)",
  "model_configuration",
  "binary_tensor_data",
  "classification",
  "sequence",
  "sequence(string_id)",
  "schedule_policy",
  "statistics",
  "logging",
  "trace",
];
