import type { FastifyInstance } from "fastify";
import { JSON_TYPE } from "../../processing/mediaTypes.ts";
import type { ServerDescription } from "./describe.ts";
import { ASSETS, PAGE_HEADERS, readAsset } from "./page.ts";

export interface DocsOptions {
  /**
   * What is served now: asked for at each request, as models come and go. The same object means that
   * nothing has changed, and the document is not built again.
   */
  readonly describe: () => ServerDescription;
}

/**
 * Fastify plugin: `GET /openapi.json` and the interactive page of `GET /docs`. All links are
 * relative, so it works under any prefix.
 */
export async function docsRoutes(app: FastifyInstance, { describe }: DocsOptions): Promise<void> {
  let built: { readonly of: ServerDescription; readonly document: Buffer } | undefined;
  app.get("/openapi.json", async (_, reply) => {
    // Most servers are never asked: neither this nor the page is in memory before.
    const { toOpenApi } = await import("./openapi.ts");
    const server = describe();
    if (built?.of !== server)
      built = { of: server, document: Buffer.from(JSON.stringify(toOpenApi(server))) };
    return reply.type(JSON_TYPE).send(built.document);
  });

  // As some type it. Relative, it leads there under any prefix too.
  app.get("/docs/", async (_, reply) => reply.redirect("../docs", 308));
  for (const name of ASSETS) {
    // The page is at `/docs`, not `/docs/`, so that its relative links start at the prefix.
    app.get(name === "index.html" ? "/docs" : `/docs/${name}`, async (_, reply) => {
      const { body, type } = await readAsset(name);
      return reply.headers(PAGE_HEADERS).type(type).send(body);
    });
  }
}
