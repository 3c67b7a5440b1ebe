import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { fastify, type FastifyInstance } from "fastify";
import type { ServerDescription } from "./describe.ts";
import { ASSETS } from "./page.ts";
import { docsRoutes } from "./routes.ts";

const EMPTY: ServerDescription = { name: "longshore", version: "0.1.0", models: [] };

test("openapi.json tells what is served at the moment of the request", async () => {
  let server = EMPTY;
  await using app = start(() => server);
  assert.equal((await app.inject("/openapi.json")).json().info.title, "longshore");
  server = { ...EMPTY, name: "renamed" };
  const response = await app.inject("/openapi.json");
  assert.match(response.headers["content-type"] ?? "", /^application\/json/);
  assert.equal(response.json().info.title, "renamed");
});

test("openapi.json is built once for what has not changed", async () => {
  let reads = 0;
  const counted = (name: string): ServerDescription => ({
    ...EMPTY,
    get name() {
      reads++;
      return name;
    },
  });
  let server = counted("first");
  await using app = start(() => server);
  const titles: string[] = [];
  for (const next of [server, server, counted("second"), server]) {
    server = next;
    titles.push((await app.inject("/openapi.json")).json().info.title);
  }
  assert.deepEqual(titles, ["first", "first", "second", "first"]);
  const built = reads;
  for (let i = 0; i < 3; i++) await app.inject("/openapi.json");
  assert.equal(reads, built);
});

for (const prefix of ["", "/ml"]) {
  test(`the page finds all its files under ${prefix || "no prefix"}`, async () => {
    await using app = start(() => EMPTY, prefix);
    const { statusCode, headers } = await app.inject(`${prefix}/docs/`);
    const leadsTo = new URL(`${headers.location}`, `http://host${prefix}/docs/`).pathname;
    assert.deepEqual([statusCode, leadsTo], [308, `${prefix}/docs`]);
    const page = await app.inject(`${prefix}/docs`);
    assert.equal(page.statusCode, 200);
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");

    const open = [...page.body.matchAll(/(?:src|href)="(docs[^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    const seen = new Set<string>();
    for (let link = open.pop(); link !== undefined; link = open.pop()) {
      if (seen.has(link)) continue;
      seen.add(link);
      const response = await app.inject(new URL(link, `http://host${prefix}/docs`).pathname);
      assert.equal(response.statusCode, 200, link);
      const imports = response.body.matchAll(/^import .* from "\.\/(.+)";$/gm);
      open.push(...[...imports].map((match) => `docs/${match[1]}`));
    }
    assert.deepEqual(
      [...seen, "docs/index.html"].sort(),
      ASSETS.map((name) => `docs/${name}`).sort(),
    );
  });
}

test("the page may run its own scripts only, and asks no other host for anything", async () => {
  await using app = start(() => EMPTY);
  for (const name of [
    "",
    ...ASSETS.filter((asset) => asset !== "index.html").map((asset) => `/${asset}`),
  ]) {
    const { headers, body } = await app.inject(`/docs${name}`);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.doesNotMatch(body.replaceAll("http://www.w3.org/2000/svg", ""), /https?:\/\//, name);
    assert.doesNotMatch(body, /<script>|<style>|\son\w+="|innerHTML/, name);
  }
});

test("every file of the page is served, and it stays small", async () => {
  const files = await readdir(new URL("./assets/", import.meta.url));
  assert.deepEqual(files.sort(), [...ASSETS].sort());
  await using app = start(() => EMPTY);
  const sizes = await Promise.all(
    ASSETS.filter((name) => name !== "index.html").map(
      async (name) => (await app.inject(`/docs/${name}`)).rawPayload.length,
    ),
  );
  assert.ok(sizes.reduce((total, size) => total + size) < 70_000, `${sizes}`);
});

function start(describe: () => ServerDescription, prefix = ""): FastifyInstance {
  const app = fastify();
  app.register(docsRoutes, { describe, prefix });
  return app;
}
