import type { FastifyInstance } from "fastify";
import type { ServerDescription } from "./describe.ts";
import { toOpenApi } from "./openapi.ts";
import { type Asset, PAGE_HEADERS, readAssets } from "./page.ts";

export interface DocsOptions {
  /** What is served now: asked for at each request, as models come and go. */
  readonly describe: () => ServerDescription;
}

/**
 * Fastify plugin: `GET /openapi.json` and the interactive page of `GET /docs`. All links are
 * relative, so it works under any prefix.
 */
export async function docsRoutes(app: FastifyInstance, { describe }: DocsOptions): Promise<void> {
  app.get("/openapi.json", () => toOpenApi(describe()));

  for (const [name, asset] of await readAssets()) {
    // The page is at `/docs`, not `/docs/`, so that its relative links start at the prefix.
    serve(app, name === "index.html" ? "/docs" : `/docs/${name}`, asset);
  }
}

function serve(app: FastifyInstance, path: string, { body, type }: Asset): void {
  app.get(path, (_, reply) => reply.headers(PAGE_HEADERS).type(type).send(body));
}
