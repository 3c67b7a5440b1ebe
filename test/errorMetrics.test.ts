/** Errors of every way in are counted, also where no model has seen the request. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fastify from "fastify";
import { longshore } from "longshore";
import { connectGrpc } from "./support/grpc.ts";
import { readMetric, until } from "./support/metrics.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

/** Waits, as a request is counted when its answer is gone, which the client may know first. */
async function expectCount(url: string, reason: string, count: number): Promise<void> {
  await until(
    `${count} of ${reason}`,
    async () => (await readMetric(url, `longshore_errors_total{reason="${reason}"}`)) === count,
  );
}

test("longshore serve counts errors by their code", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path], ["--log-level", "silent"]);
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: "POST", body });
  await post("/v2/models/affine/infer", "{");
  await post("/v2/models/affine/infer?odd", "{");
  await post("/predict/affine", "{");
  await post("/v1/models/affine:predict", "{");
  await expectCount(server.url, "JSON_INVALID", 4);
  await fetch(`${server.url}/nowhere`);
  await expectCount(server.url, "ROUTE_UNKNOWN", 1);
  await fetch(`${server.url}/v2/models/nope`);
  await post("/predict/nope", "{}");
  using client = connectGrpc(server.grpc!);
  await assert.rejects(client.call("ModelInfer", { model_name: "nope" }));
  await expectCount(server.url, "MODEL_UNKNOWN", 3);
  assert.equal((await post("/predict/affine", '{"inputs":[[1]]}')).status, 200);
  await expectCount(server.url, "JSON_INVALID", 4);
});

test("so does the plugin", async () => {
  using folder = temporaryFolder();
  const model = writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using app = fastify();
  await app.register(longshore, { prefix: "/ml", models: [model] });
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/ml`;
  await fetch(`${url}/predict/affine`, { method: "POST", body: "{" });
  await expectCount(url, "JSON_INVALID", 1);
});
