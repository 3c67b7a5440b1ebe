/** What is told and set of a server and its models over gRPC, through a client that others wrote. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { writeModels } from "./badInput/models.ts";
import {
  connectGrpc,
  failureOf,
  toRequest,
  type GrpcClient,
  type Message,
} from "./support/grpc.ts";
import { until } from "./support/metrics.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

const folder = temporaryFolder();
let server: TestServer;
let client: GrpcClient;

before(async () => {
  writeModels(folder.path);
  writeOnnx(join(folder.path, "kept", "model.onnx"), affineModel());
  server = await startServer([folder.path]);
  client = connectGrpc(server.grpc!);
});

after(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const get = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json();

test("live, ready, and what there is", async () => {
  assert.deepEqual(await client.call("ServerLive"), { live: true });
  assert.deepEqual(await client.call("ServerReady"), { ready: true });
  assert.deepEqual(await client.call("ServerMetadata"), await get("/v2"));
  assert.deepEqual(await client.call("ModelReady", { name: "affine" }), { ready: true });
  assert.deepEqual(await client.call("ModelReady", { name: "affine", version: "1" }), {
    ready: true,
  });
  assert.deepEqual(await client.call("ModelReady", { name: "nope" }), { ready: false });
  assert.deepEqual(await client.call("ModelReady", { name: "affine", version: "9" }), {
    ready: false,
  });
});

test("metadata, configuration and statistics say what HTTP says", async () => {
  for (const name of ["affine", "pair", "echo"]) {
    assert.deepEqual(await client.call("ModelMetadata", { name }), await get(`/v2/models/${name}`));
    const { config } = (await client.call("ModelConfig", { name })) as { config: Message };
    assertCovers(config, await get(`/v2/models/${name}/config`), name);
  }
  const request = toRequest("affine", [1, 2], [1, 2]);
  await client.call("ModelInfer", request);
  const answer = (await client.call("ModelStatistics", { name: "affine" })) as {
    model_stats: Message[];
  };
  const [statistics] = answer.model_stats;
  assertCovers(
    statistics,
    ((await get("/v2/models/affine/stats")) as typeof answer).model_stats[0],
    "",
  );
  assert.ok(Number(statistics!["inference_count"]) > 0);
  const all = (await client.call("ModelStatistics")) as { model_stats: Message[] };
  assert.ok(all.model_stats.length > 5);
});

/** Asserts that everything in `expected` is in `got` too, which may hold defaults beside it. */
function assertCovers(got: unknown, expected: unknown, path: string): void {
  if (typeof expected !== "object" || expected === null) {
    assert.equal(got, expected, path);
    return;
  }
  for (const [key, value] of Object.entries(expected)) {
    assertCovers((got as Message)[key], value, `${path}.${key}`);
  }
}

test("a request's id: the caller's own is answered and logged", async () => {
  const metadata = new Metadata();
  metadata.set("x-request-id", "grpc-test-77");
  await client.call("ModelInfer", toRequest("affine", [1, 1], [1]), { metadata });
  await until("its line is there", () => server.log().includes('"requestId":"grpc-test-77"'));
  const line = server
    .log()
    .split("\n")
    .find((text) => text.includes("grpc-test-77"))!;
  const { method, url, status: code } = JSON.parse(line) as Message;
  assert.deepEqual(
    { method, url, code },
    { method: "gRPC", url: "/inference.GRPCInferenceService/ModelInfer", code: 200 },
  );
});

test("the repository: index, unload, load", async () => {
  const { models } = (await client.call("RepositoryIndex")) as { models: Message[] };
  assert.deepEqual(
    models,
    await (await fetch(`${server.url}/v2/repository/index`, { method: "POST" })).json(),
  );
  const ready = (await client.call("RepositoryIndex", { ready: true })) as { models: Message[] };
  assert.ok(ready.models.length < models.length);
  const parameters = { unload_dependents: { bool_param: true } };
  await client.call("RepositoryModelUnload", { model_name: "kept", parameters });
  assert.deepEqual(await client.call("ModelReady", { name: "kept" }), { ready: false });
  await client.call("RepositoryModelLoad", { model_name: "kept" });
  assert.deepEqual(await client.call("ModelReady", { name: "kept" }), { ready: true });
  const failed = await failureOf(client.call("RepositoryModelLoad", { model_name: "nope" }));
  assert.match(failed.details, /failed to load/);
});

test("the log's level is read and changed, and nothing is traced", async () => {
  const settingsOf = async (settings: Message): Promise<Record<string, Message>> =>
    ((await client.call("LogSettings", { settings })) as { settings: Record<string, Message> })
      .settings;
  const before = await settingsOf({});
  assert.equal(before["log_info"]!["bool_param"], true);
  assert.equal(before["log_verbose_level"]!["uint32_param"], 0);
  await settingsOf({ log_info: { bool_param: false } });
  const metadata = new Metadata();
  metadata.set("x-request-id", "not-logged-1");
  await client.call("ServerMetadata", {}, { metadata });
  const after = await settingsOf({
    log_info: { bool_param: true },
    log_verbose_level: { uint32_param: 1 },
  });
  assert.equal(after["log_verbose_level"]!["uint32_param"], 1);
  metadata.set("x-request-id", "logged-1");
  await client.call("ServerLive", {}, { metadata });
  await until("a probe is logged", () => server.log().includes('"requestId":"logged-1"'));
  assert.ok(!server.log().includes("not-logged-1"));
  await settingsOf({ log_verbose_level: { uint32_param: 0 } });
  for (const wrong of [
    { log_warning: { bool_param: false } },
    { log_file: { string_param: "/tmp/x" } },
    { log_info: { string_param: "yes" } },
    { nope: { bool_param: true } },
  ]) {
    const refused = await failureOf(client.call("LogSettings", { settings: wrong }));
    assert.equal(refused.code, status.INVALID_ARGUMENT);
  }

  const trace = (await client.call("TraceSetting")) as { settings: Record<string, Message> };
  assert.deepEqual(trace.settings["trace_level"], { value: ["OFF"] });
  await client.call("TraceSetting", {
    settings: { trace_level: { value: ["OFF"] }, trace_rate: {} },
  });
  const on = { settings: { trace_level: { value: ["TIMESTAMPS"] } } };
  const refused = await failureOf(client.call("TraceSetting", on));
  assert.match(refused.details, /"trace_level" is not supported/);
});

test("health: checked and watched", async () => {
  using health = connectGrpc(server.grpc!, "grpc.health.v1.Health");
  for (const service of [
    "",
    "inference.GRPCInferenceService",
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
  ]) {
    assert.deepEqual(await health.call("Check", { service }), { status: "SERVING" });
  }
  const unknown = await failureOf(health.call("Check", { service: "nope" }));
  assert.equal(unknown.code, status.NOT_FOUND);
  const watch = health.watch("Watch", { service: "nope" });
  watch.on("error", () => undefined);
  assert.deepEqual(await once(watch, "data"), [{ status: "SERVICE_UNKNOWN" }]);
  watch.cancel();
});

test("reflection, of both versions", async () => {
  for (const version of ["v1", "v1alpha"]) {
    using reflection = connectGrpc(server.grpc!, `grpc.reflection.${version}.ServerReflection`);
    const ask = async (request: Message): Promise<Message> => {
      const stream = reflection.open("ServerReflectionInfo");
      stream.write(request);
      stream.end();
      const [answer] = (await once(stream, "data")) as [Message];
      return answer;
    };
    const { list_services_response: list } = await ask({ list_services: "*" });
    const services = (list as { service: { name: string }[] }).service.map(({ name }) => name);
    assert.deepEqual(services.toSorted(), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "inference.GRPCInferenceService",
      "tensorflow.serving.ModelService",
      "tensorflow.serving.PredictionService",
    ]);
    for (const request of [
      { file_containing_symbol: "inference.GRPCInferenceService" },
      { file_containing_symbol: "inference.GRPCInferenceService.ModelInfer" },
      { file_by_filename: "grpc_service.proto" },
    ]) {
      const answer = await ask(request);
      const files = (answer["file_descriptor_response"] as { file_descriptor_proto: Buffer[] })
        .file_descriptor_proto;
      assert.deepEqual(files.map(nameOfFile), ["grpc_service.proto", "model_config.proto"]);
    }
    const unknown = await ask({ file_containing_symbol: "no.Such" });
    assert.equal((unknown["error_response"] as Message)["error_code"], status.NOT_FOUND);
  }
});

/** The first field of a `FileDescriptorProto`. */
function nameOfFile(descriptor: Buffer): string {
  const reader = protobuf.Reader.create(descriptor);
  reader.uint32();
  return reader.string();
}
