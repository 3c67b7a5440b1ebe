/**
 * The whole server mounted into an application of your own, beside its routes.
 *
 *     npm exec --no -- node --conditions=longshore-source examples/library/insideFastify.ts
 *     curl http://127.0.0.1:3000/ml/docs
 */
import fastify, { type FastifyInstance } from "fastify";
import { longshore } from "longshore";

/** Your application, with models under `/ml`. */
export async function createApp(): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: "warn" } });
  app.get("/", async () => ({ hello: "from my own route" }));
  await app.register(longshore, {
    prefix: "/ml",
    models: [new URL("../digits", import.meta.url).pathname],
  });
  return app;
}

if (import.meta.main) {
  const app = await createApp();
  await app.listen({ port: 3000 });
}
