import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { model, node } from "@longshore/onnx";
import { fastify } from "fastify";
import { createServer, longshore, openModel, requestIdOf } from "longshore";
import { createApp } from "../examples/library/insideFastify.ts";
import { until } from "./support/metrics.ts";
import { affineModel, slowModel, temporaryFolder, writeOnnx } from "./support/models.ts";

const root = join(import.meta.dirname, "..");

test("the example of a model in one's own program runs, and ends by itself", () => {
  const printed = execFileSync(
    process.execPath,
    ["--conditions=longshore-source", "examples/library/inProcess.ts"],
    { cwd: root, encoding: "utf8", timeout: 60_000 },
  );
  assert.match(printed, /datatype: 'INT64', shape: \[ 1 \], data: BigInt64Array\(1\) \[ 7n \]/);
  assert.match(printed, /model: 'digits'[^]*digit: '5'/);
});

test("the example of the server in one's own application answers beside its routes", async () => {
  const app = await createApp();
  const own = await app.inject("/");
  assert.deepEqual(own.json(), { hello: "from my own route" });
  const [line] = readFileSync(join(root, "examples/digits/golden.jsonl"), "utf8").split("\n");
  const { request, answer } = JSON.parse(line!) as {
    request: object;
    answer: { outputs: { digit: string } };
  };
  const predicted = await app.inject({
    method: "POST",
    url: "/ml/predict/digits",
    payload: request,
  });
  assert.equal(predicted.statusCode, 200);
  assert.deepEqual(
    predicted.json<{ outputs: { digit: string } }>().outputs.digit,
    answer.outputs.digit,
  );
  assert.equal((await app.inject("/ml/docs")).statusCode, 200);
  const typed = { url: "/ml", headers: { accept: "text/html" } };
  assert.equal((await app.inject(typed)).headers["location"], "ml/docs");
  assert.equal((await app.inject("/ml/metrics")).statusCode, 200);
  assert.equal((await app.inject("/ml/v2/health/ready")).statusCode, 200);
  assert.equal((await app.inject("/ml/nowhere")).json<{ code: string }>().code, "ROUTE_UNKNOWN");
  await app.close();
});

test("ids of requests are the application's own; it may take those of callers", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const callers = [
    { "x-request-id": "callers-1" },
    { traceparent: `00-${trace}-b7ad6b7169203331-01` },
  ];
  for (const [genReqId, ids] of [
    [() => "own", ["own", "own"]],
    [requestIdOf, ["callers-1", trace]],
  ] as const) {
    await using app = fastify({ genReqId });
    await app.register(longshore, { models: [join(root, "examples/digits")] });
    const answered = callers.map(async (headers) => {
      const { headers: sent } = await app.inject({ url: "/v2", headers });
      return sent["x-request-id"];
    });
    assert.deepEqual(await Promise.all(answered), ids);
  }
});

test("closing the server answers what was accepted, as the last of its connection", async () => {
  using folder = temporaryFolder();
  const models = [writeOnnx(join(folder.path, "affine.onnx"), affineModel())];
  const server = await createServer({ models, logLevel: "silent" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true });
  const accepted = once(server.server, "request");
  const sent = request(`${url}/predict/affine`, { agent, method: "POST" });
  sent.write('{"inputs":');
  await accepted;
  const closed = server.close();
  await until("it does not listen", () => !server.server.listening);
  sent.end("[[3]]}");
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  assert.match(await text(response), /"y":\[\[7\]\]/);
  assert.equal(response.headers.connection, "close");
  await closed;
  agent.destroy();
});

test("typed arrays take the signature's type and shape; what does not fit says so", async () => {
  using folder = temporaryFolder();
  await using opened = await openModel(writeOnnx(join(folder.path, "affine.onnx"), affineModel()));
  const x = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(1, 2) } as const;
  const { y } = await opened.infer({ x });
  assert.deepEqual(y, { datatype: "FP32", shape: [1, 2], data: Float32Array.of(3, 5) });
  assert.deepEqual(await opened.predict({ inputs: [[1, 2]] }), {
    model: "affine",
    version: "1",
    outputs: { y: [[3, 5]] },
  });
  await assert.rejects(opened.infer({ x: Float32Array.of(1, 2) }), { code: "INPUT_SHAPE" });
  await assert.rejects(opened.infer({ x: Int32Array.of(1) }), { code: "INPUT_MISMATCH" });
  await assert.rejects(opened.infer({ z: Float32Array.of(1) }), { code: "INPUT_UNKNOWN" });
  await assert.rejects(opened.infer({ x: { ...x, shape: [3, 2] } }), { code: "INPUT_COUNT" });
  await assert.rejects(opened.infer({ x }, { outputs: ["nope"] }), { code: "OUTPUT_UNKNOWN" });
});

test("integers of 64 bits come back exactly as they were sent", async () => {
  using folder = temporaryFolder();
  const column = (name: string) => ({ name, datatype: "INT64", shape: ["N"] }) as const;
  const same = model({
    inputs: [column("x")],
    outputs: [column("y")],
    nodes: [node("Identity", ["x"], ["y"])],
  });
  await using opened = await openModel(writeOnnx(join(folder.path, "same.onnx"), same));
  const inputs = [1, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 7n];
  assert.deepEqual(await opened.predict({ inputs }), {
    model: "same",
    version: "1",
    outputs: { y: [1, ...inputs.slice(1, 4), 7] },
  });
  await assert.rejects(opened.predict({ inputs: [2n ** 63n] }), { code: "INPUT_ELEMENT" });
});

test("a call can be given up and can time out; the model goes on", async () => {
  using folder = temporaryFolder();
  await using opened = await openModel(writeOnnx(join(folder.path, "slow.onnx"), slowModel()));
  const long = { steps: BigInt64Array.of(20_000n) };
  await assert.rejects(opened.infer(long, { timeoutMs: 1 }), { code: "TIMEOUT" });
  const controller = new AbortController();
  const aborted = assert.rejects(opened.infer(long, { signal: controller.signal }), {
    code: "CANCELLED",
  });
  controller.abort();
  await aborted;
  const { done } = await opened.infer({ steps: BigInt64Array.of(3n) });
  assert.deepEqual(done?.data, BigInt64Array.of(3n));
});

test("a path that cannot be opened is an error with the reason", async () => {
  await assert.rejects(openModel("/nowhere.onnx"), { code: "MODEL_INVALID" });
  await assert.rejects(openModel(join(root, "examples")), /holds several models/);
});
