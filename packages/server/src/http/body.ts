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

/**
 * The bytes of a request's body; none are an error unless a request may be empty.
 *
 * @throws LongshoreError BODY_EMPTY.
 */
export function bodyOf(request: FastifyRequest, mayBeEmpty = false): Uint8Array {
  const body = request.body as Uint8Array | undefined | null;
  if (body && body.length > 0) return body;
  if (mayBeEmpty) return new Uint8Array(0);
  throw fail("BODY_EMPTY", { expected: ' with the field "inputs"' });
}
