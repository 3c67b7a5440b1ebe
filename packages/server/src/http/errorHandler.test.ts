import assert from "node:assert/strict";
import { test } from "node:test";
import { fastify, type FastifyInstance } from "fastify";
import { handleErrors } from "./errorHandler.ts";
import { logRequests } from "./requestLog.ts";

/** As a browser sends it for an address that was typed in. */
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

for (const prefix of ["", "/ml", "/a/b"]) {
  test(`the server's own address leads a browser to its docs, under ${prefix || "no prefix"}`, async () => {
    await using app = fastify();
    const plugin = async (server: FastifyInstance): Promise<void> => {
      handleErrors(server);
      logRequests(server, () => undefined);
      server.post("/v2/anything", async () => "");
    };
    await app.register(plugin, { prefix });
    const call = async (path: string, accept?: string, method: "GET" | "POST" = "GET") => {
      const url = prefix + path;
      const answer = await app.inject({ method, url, headers: accept ? { accept } : {} });
      const { location } = answer.headers;
      const target = location && new URL(`${location}`, `http://host${url}?more`).pathname;
      return [answer.statusCode, target];
    };
    const addresses = prefix === "" ? ["/", "/?a=b"] : ["", "/", "?a=b"];
    for (const address of addresses) {
      assert.deepEqual(await call(address, BROWSER), [302, `${prefix}/docs`]);
      for (const accept of [undefined, "*/*", "application/json"])
        assert.deepEqual(await call(address, accept), [404, undefined]);
    }
    assert.deepEqual(await call("/", BROWSER, "POST"), [404, undefined]);
    assert.deepEqual(await call("/nowhere", BROWSER), [404, undefined]);
    assert.deepEqual(await call("/v2/anything", BROWSER), [405, undefined]);
  });
}
