import type { FastifyInstance, FastifyRequest } from "fastify";
import { fail } from "@longshore/core";
import { ENCODINGS, toEncoding } from "./contentEncoding.ts";
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
    if (encoding === undefined || encoding === "identity") return done();
    // Routes of inference decompress what they get (`encodedInference.ts`).
    const { limited } = request.routeOptions.config;
    if (limited && toEncoding(encoding) !== undefined) return done();
    const expected = limited ? ENCODINGS : "the body uncompressed";
    done(fail("BODY_ENCODING", { encoding, expected }));
  });
}

/** The bytes of a request's body. */
export function bodyOf(request: FastifyRequest): Uint8Array {
  return (request.body as Uint8Array | undefined | null) ?? new Uint8Array(0);
}

/** A request's path as its caller wrote it, below the application's prefix, without a query. */
export function pathOf({ url, server }: FastifyRequest): string {
  const path = url.startsWith(server.prefix) ? url.slice(server.prefix.length) : url;
  return path.split("?", 1)[0] as string;
}

/** @throws LongshoreError BODY_EMPTY for a request that has no body. */
export function requireBody(body: Uint8Array): void {
  if (body.length === 0)
    throw fail("BODY_EMPTY", { expected: 'a JSON object with the field "inputs"' });
}
