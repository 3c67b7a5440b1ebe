/** The server's name, and Triton's logging and trace extensions over HTTP. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import fastify from "fastify";
import { longshore } from "longshore";
import { connectGrpc } from "./support/grpc.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

async function call(url: string, body?: object): Promise<{ status: number; value: unknown }> {
  const response = await fetch(url, body && { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, value: await response.json() };
}

test("the server calls itself what it is told to", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  for (const [name, args] of [
    ["longshore", []],
    ["triton", ["--server-name", "triton"]],
  ] as const) {
    await using server = await startServer([folder.path], args);
    const { value } = await call(`${server.url}/v2`);
    assert.equal((value as { name: string }).name, name);
    using client = connectGrpc(server.grpc!);
    assert.equal((await client.call("ServerMetadata", {}))["name"], name);
  }
});

test("the level of the log is read and changed while the server runs", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path], ["--log-level", "info"]);
  const url = `${server.url}/v2/logging`;
  const settings = {
    log_file: "",
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: "default",
  };
  assert.deepEqual(await call(url), { status: 200, value: settings });

  const quiet = { ...settings, log_info: false };
  assert.deepEqual(await call(url, { log_info: false }), { status: 200, value: quiet });
  await fetch(`${server.url}/v2?unseen`);
  const loud = { ...settings, log_verbose_level: 1 };
  assert.deepEqual(await call(url, { log_info: true, log_verbose_level: 1 }), {
    status: 200,
    value: loud,
  });
  // Probes are logged at debug only.
  await fetch(`${server.url}/v2/health/live?seen`);
  const refused = await call(url, { log_file: "/tmp/log" });
  assert.equal(refused.status, 400);
  assert.equal((refused.value as { code: string }).code, "PARAMETER_UNSUPPORTED");
  assert.deepEqual(await call(url), { status: 200, value: loud });
  await server[Symbol.asyncDispose]();
  assert.match(server.log(), /live\?seen/);
  assert.doesNotMatch(server.log(), /v2\?unseen/);
});

test("the log of an application is left alone", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  const app = fastify({ logger: { level: "error" } });
  await app.register(longshore, { models: [folder.path], prefix: "/ml" });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  try {
    const { value } = await call(`${url}/ml/v2/logging`);
    assert.deepEqual(value, {
      log_file: "",
      log_info: false,
      log_warning: false,
      log_error: true,
      log_verbose_level: 0,
      log_format: "default",
    });
    const refused = await call(`${url}/ml/v2/logging`, { log_info: true, log_warning: true });
    assert.equal(refused.status, 400);
    assert.match((refused.value as { error: string }).error, /that of the application/);
    assert.equal(app.log.level, "error");
  } finally {
    const closed = once(app.server, "close");
    await app.close();
    await closed;
  }
});

test("requests are not traced, and the settings say so", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const off = {
    trace_file: "",
    trace_level: ["OFF"],
    trace_rate: "1000",
    trace_count: "-1",
    log_frequency: "0",
    trace_mode: "triton",
  };
  for (const path of ["/v2/trace/setting", "/v2/models/affine/trace/setting"]) {
    const url = server.url + path;
    assert.deepEqual(await call(url), { status: 200, value: off });
    for (const same of [{}, { trace_level: ["OFF"] }, { trace_level: "OFF", trace_rate: null }]) {
      assert.deepEqual(await call(url, same), { status: 200, value: off });
    }
    const cases: [object, string, RegExp][] = [
      [{ trace_level: ["TIMESTAMPS"] }, "PARAMETER_UNSUPPORTED", /requests are not traced/],
      [{ trace_rate: "1" }, "PARAMETER_UNSUPPORTED", /"trace_rate"/],
      [{ trace_levels: ["OFF"] }, "FIELD_UNKNOWN", /"trace_levels".*trace_file, trace_level/],
    ];
    for (const [wanted, code, says] of cases) {
      const { status, value } = await call(url, wanted);
      const error = value as { error: string; code: string };
      assert.deepEqual([status, error.code], [400, code]);
      assert.match(error.error, says);
    }
  }
  assert.equal((await call(`${server.url}/v2/models/nobody/trace/setting`)).status, 404);
});
