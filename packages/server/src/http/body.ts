import type { FastifyInstance, FastifyRequest } from "fastify";
import { fail } from "@longshore/core";
import type { Limits } from "./limits.ts";

/**
 * Makes every body arrive as bytes, whatever its content type: the protocols read them with their
 * own decoders.
 */
export function readBodies(app: FastifyInstance, { maxBodyBytes }: Limits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "*",
    { parseAs: "buffer", bodyLimit: maxBodyBytes },
    (_request, body, done) => done(null, body),
  );
  app.addHook("onRequest", (request, _reply, done) => {
    const encoding = request.headers["content-encoding"];
    const plain = encoding === undefined || encoding === "identity";
    done(plain ? undefined : fail("BODY_ENCODING", { encoding }));
  });
}

/** The bytes of a request's body. */
export function bodyOf(request: FastifyRequest): Uint8Array {
  return (request.body as Uint8Array | undefined | null) ?? new Uint8Array(0);
}

/** @throws LongshoreError BODY_EMPTY for a request that has no body. */
export function requireBody(body: Uint8Array): void {
  if (body.length === 0) throw fail("BODY_EMPTY", { expected: ' with the field "inputs"' });
}
